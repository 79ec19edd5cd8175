/** A report as Markdown (CommonMark with GitHub's tables). */
import type { Block, Report, Table } from './report';

export function markdown({ title, lead, sections }: Report): string {
  const parts = [
    `# ${plain(title)}`,
    plain(lead),
    ...sections.flatMap((section) => [`## ${plain(section.title)}`, ...section.blocks.map(block)]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function block(given: Block): string {
  switch (given.kind) {
    case 'text':
      return plain(given.text);
    case 'facts':
      return grid([['', ''], ['---', '---'], ...given.facts.map((fact) => fact.map(plain))]);
    case 'table':
      return `### ${plain(given.title)}\n\n${table(given)}`;
    case 'figure': {
      const title = plain(given.figure.title);
      return given.file === null
        ? `${title}: see the HTML report.`
        : `![${title}](<${given.file.replace(/[<>\\\r\n]/g, '')}>)`;
    }
    case 'command':
      return fenced(given.text, 'sh');
    case 'file':
      return `### ${plain(given.fileName)}\n\n${fenced(given.text, 'json')}`;
  }
}

function table({ columns, rows }: Table): string {
  return grid([
    columns.map((column) => plain(column.title)),
    columns.map((column) => (column.right ? '---:' : '---')),
    ...rows.map((row) => row.map(plain)),
  ]);
}

const grid = (rows: readonly (readonly string[])[]) => rows.map((row) => `| ${row.join(' | ')} |`).join('\n');

/** Escapes text for one line of Markdown. */
const plain = (text: string) => text.replace(/\s*[\r\n]+\s*/g, ' ').replace(/[\\`*_{}[\]<>#|~&]/g, '\\$&');

/** A code block with a fence longer than any in the text. */
function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text.trimEnd()}\n${fence}`;
}
