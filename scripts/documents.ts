/**
 * Serves the project's documents with the page, so that its help works offline and on any host: `help/README.html` and the documents
 * and images that it links to, directly or through others, under their own paths. Links to anything else become plain text.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import { fileURLToPath } from 'node:url';
import { Marked } from 'marked';
import type { Plugin } from 'vite';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const FIRST = 'README.md';
const FOLDER = 'help';
const SERVED = /(?:\.(?:md|svg|png|webp)|^LICENSE)$/;

export interface ServedFile {
  /** Path below the page. */
  path: string;
  type: string;
  contents: string | Uint8Array;
}

const STYLE = `:root { color-scheme: light dark; }
body { max-width: 920px; margin: 0 auto; padding: 16px 20px 64px; font: 16px/1.55 ui-sans-serif, system-ui, sans-serif; color: light-dark(#16232a, #e6eeee); background: light-dark(#f6f8f8, #0f171a); overflow-wrap: break-word; }
a { color: light-dark(#0b7467, #5cc3b1); }
h1, h2, h3 { line-height: 1.25; }
img { max-width: 100%; height: auto; }
code { font-size: 0.9em; }
pre { padding: 10px 14px; overflow-x: auto; background: light-dark(#edf1f1, #1c292e); border-radius: 6px; }
.table { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { padding: 5px 10px; text-align: start; vertical-align: top; border: 1px solid light-dark(#dbe3e3, #2a393f); }`;

/** All files of the help. */
export function documents(): ServedFile[] {
  const files = new Map<string, ServedFile>();
  const waiting = [FIRST];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (files.has(path)) continue;
    files.set(path, served(path, waiting));
  }
  return [...files.values()];
}

/** Adds the files that it links to, to `found`. */
function served(path: string, found: string[]): ServedFile {
  const bytes = readFileSync(join(ROOT, path));
  if (path === 'LICENSE') return { path: `${FOLDER}/LICENSE.txt`, type: 'text/plain', contents: bytes };
  const image = /\.(svg|png|webp)$/.exec(path)?.[1];
  if (image)
    return {
      path: `${FOLDER}/${path}`,
      type: `image/${image === 'svg' ? 'svg+xml' : image}`,
      contents: bytes,
    };
  return {
    path: `${FOLDER}/${path.replace(/md$/, 'html')}`,
    type: 'text/html',
    contents: htmlOf(path, bytes.toString(), found),
  };
}

function htmlOf(path: string, text: string, found: string[]): string {
  /** The address of a link as served; null if its target is not served. */
  const address = (href: string): string | null => {
    if (/^(?:https?:|#)/.test(href)) return href;
    const [file = '', part] = href.split('#');
    const target = normalize(join(dirname(path), file));
    if (!SERVED.test(target) || !existsSync(join(ROOT, target))) return null;
    found.push(target);
    return `${file.replace(/md$/, 'html').replace(/LICENSE$/, 'LICENSE.txt')}${part ? `#${part}` : ''}`;
  };
  const title = /^# (.+)$/m.exec(text)?.[1] ?? path;
  const home = `${'../'.repeat(path.split('/').length - 1)}README.html`;
  const marked = new Marked({
    renderer: {
      link(token) {
        const words = this.parser.parseInline(token.tokens);
        const href = address(token.href);
        return href === null ? words : `<a href="${href}">${words}</a>`;
      },
      image: ({ href, text: words }) => `<img src="${address(href) ?? ''}" alt="${words}">`,
    },
    hooks: {
      postprocess: (html) =>
        html
          // A header of a column without a name.
          .replace(/<th[^>]*><\/th>/g, '<td></td>')
          .replaceAll('<table>', '<div class="table" role="region" aria-label="Table" tabindex="0"><table>')
          .replaceAll('</table>', '</table></div>'),
    },
  });
  const back = path === FIRST ? '' : `<nav aria-label="Help"><a href="${home}">atomtune</a></nav>\n`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title.replaceAll('`', '')}</title>
<style>${STYLE}</style>
</head>
<body>
${back}<main>
${marked.parse(text, { async: false })}</main>
</body>
</html>
`;
}

export function documentsPlugin(): Plugin {
  return {
    name: 'documents',
    generateBundle() {
      for (const { path, contents } of documents())
        this.emitFile({ type: 'asset', fileName: path, source: contents });
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const asked = decodeURIComponent(new URL(request.url ?? '/', 'http://page').pathname).slice(1);
        const file = asked.startsWith(`${FOLDER}/`) && documents().find(({ path }) => path === asked);
        if (!file) return next();
        response.setHeader('Content-Type', file.type).end(file.contents);
      });
    },
  };
}
