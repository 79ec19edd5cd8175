/** Writes the page's headers where hosts and browsers read them: `_headers`, for Netlify and Cloudflare Pages, and a `<meta>` element. */
import type { Plugin } from 'vite';
import { HEADERS, PAGE_POLICY } from '../service-worker/headers.ts';

/** For the built page only: in development, vite's own scripts are inline. */
export function headersPlugin(): Plugin {
  const lines = Object.entries(HEADERS).map(([name, value]) => `  ${name}: ${value}\n`);
  return {
    name: 'headers',
    apply: 'build',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: '_headers', source: `/*\n${lines.join('')}` });
    },
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: PAGE_POLICY },
        injectTo: 'head-prepend',
      },
    ],
  };
}
