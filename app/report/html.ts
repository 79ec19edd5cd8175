/** Writes a report as one self-contained HTML file: no script, no external requests, light and dark mode, printable. */
import type { Block, Report, Table } from './report';

export function html({ title, lead, sections }: Report): string {
  const body = sections
    .map(
      (section) =>
        `<section>\n<h2>${escaped(section.title)}</h2>\n${section.blocks.map(block).join('\n')}\n</section>`,
    )
    .join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
<p class="lead">${escaped(lead)}</p>
${body}
</main>
</body>
</html>
`;
}

function block(given: Block): string {
  switch (given.kind) {
    case 'text':
      return `<p>${escaped(given.text)}</p>`;
    case 'facts':
      return `<dl>\n${given.facts
        .map(([name, value]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`)
        .join('\n')}\n</dl>`;
    case 'table':
      return given.folded
        ? `<details>\n<summary>${escaped(given.title)}</summary>\n${table(given)}\n</details>`
        : table(given);
    case 'figure':
      return `<figure>\n<figcaption>${escaped(given.figure.title)}</figcaption>\n<div tabindex="0" role="region" aria-label="${escaped(given.figure.title)}">${given.figure.svg}</div>\n</figure>`;
    case 'command':
      return `<pre tabindex="0"><code>${escaped(given.text)}</code></pre>`;
    case 'file': {
      const name = escaped(given.fileName);
      return `<p><a download="${name}" href="data:application/json;charset=utf-8,${encodeURIComponent(given.text)}">Save ${name}</a></p>
<details>\n<summary>${name}</summary>\n<pre tabindex="0"><code>${escaped(given.text)}</code></pre>\n</details>`;
    }
  }
}

function table({ title, columns, rows }: Table): string {
  const side = (column: number) => (columns[column]?.right ? ' class="right"' : '');
  const cells = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? `<th scope="row">${escaped(cell)}</th>` : `<td${side(column)}>${escaped(cell)}</td>`,
      )
      .join('');
  const head = columns
    .map((column, index) => `<th scope="col"${side(index)}>${escaped(column.title)}</th>`)
    .join('');
  return `<div class="wide" tabindex="0" role="region" aria-label="${escaped(title)}">
<table>
<caption>${escaped(title)}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n')}
</tbody>
</table>
</div>`;
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string) => text.replace(/[&<>"']/g, (letter) => ENTITIES[letter] ?? letter);

const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #f6f8f8; --surface: #fff; --sunk: #edf1f1; --ink: #16232a; --ink-2: #4f5f66; --rule: #dbe3e3; --accent: #0b7467;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0f171a; --surface: #162125; --sunk: #1c292e; --ink: #e6eeee; --ink-2: #a3b4b8; --rule: #2a393f; --accent: #5cc3b1;
  }
  /* Drawn on white: turned to dark paper, hues kept. */
  figure div > svg { filter: invert(0.9) hue-rotate(180deg); }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 ui-sans-serif, system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", sans-serif;
  font-variant-numeric: lining-nums tabular-nums; overflow-wrap: anywhere;
}
main { max-width: 1080px; margin: 0 auto; padding: 40px 24px 64px; }
h1, h2 { margin: 0; font-weight: 650; line-height: 1.25; text-wrap: balance; }
h1 { font-size: 28px; }
h2 { margin-bottom: 14px; font-size: 19px; }
p { max-width: 76ch; margin: 10px 0; }
.lead { color: var(--ink-2); }
section { margin-top: 22px; padding: 22px 24px; background: var(--surface); border: 1px solid var(--rule); border-radius: 6px; }
section > :last-child { margin-bottom: 0; }
.wide { margin: 10px 0; overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 14px; overflow-wrap: normal; }
caption { padding-bottom: 6px; color: var(--ink-2); text-align: left; }
th, td { padding: 6px 14px 6px 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule); }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--ink-2); font-weight: 500; vertical-align: bottom; }
tbody th { min-width: 120px; max-width: 340px; font-weight: 500; overflow-wrap: anywhere; }
td { max-width: 340px; overflow-wrap: break-word; }
td:not(.right) { min-width: 120px; }
.right { text-align: right; white-space: nowrap; }
thead .right { white-space: normal; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 320px), 1fr)); gap: 10px 28px; margin: 12px 0; }
dt { color: var(--ink-2); font-size: 13px; }
dd { margin: 0; }
figure { margin: 18px 0; }
figcaption { margin-bottom: 6px; font-weight: 550; }
figure div { overflow-x: auto; }
figure div > svg { display: block; min-width: 520px; max-width: 100%; height: auto; }
figure div > svg > rect:first-of-type { fill: none; }
details { margin: 12px 0; }
summary { cursor: pointer; color: var(--accent); }
details caption { display: none; }
a { color: var(--accent); }
pre {
  max-height: 420px; margin: 10px 0; padding: 12px 14px; overflow: auto; background: var(--sunk); border-radius: 6px;
  font: 12.5px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; white-space: pre-wrap;
}
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media (max-width: 600px) {
  main { padding: 24px 12px 40px; }
  section { padding: 16px 14px; }
}
@media print {
  :root { --paper: #fff; --surface: #fff; --ink: #000; --ink-2: #444; --rule: #ccc; --sunk: #f3f3f3; --accent: #000; }
  figure div > svg { filter: none; }
  main { max-width: none; padding: 0; }
  section { padding: 0; border: 0; }
  .wide { overflow: visible; }
  table { font-size: 11px; }
  tr, figure { break-inside: avoid; }
  h2 { break-after: avoid; }
}
`;
