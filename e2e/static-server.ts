/** For tests only: a host like GitHub Pages. It serves a built page below a folder, sends no headers of the page's own, and lets browsers keep files for ten minutes. */
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

const TYPES: Record<string, string> = {
  ...{ '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm' },
  ...{ '.svg': 'image/svg+xml', '.png': 'image/png', '.webp': 'image/webp', '.woff2': 'font/woff2' },
  ...{ '.webmanifest': 'application/manifest+json', '.zip': 'application/zip' },
};
const PATH = '/some/folder/';

export interface Site {
  /** Of the page, with a slash at its end. */
  address: string;
  /** Serves this build from now on, but files named in `others` from another one. */
  show(build: string, others?: Record<string, string>): void;
  /** The answer to a request for this file waits for the promise. */
  hold(file: string, until: Promise<unknown>): void;
  /** Files that were asked for since the last call. */
  asked(): string[];
  close(): Promise<void>;
}

export async function startSite(firstBuild: string): Promise<Site> {
  let build = firstBuild;
  let others: Record<string, string> = {};
  let asked: string[] = [];
  const held = new Map<string, Promise<unknown>>();
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site');
    const name = decodeURIComponent(pathname.slice(PATH.length)) || 'index.html';
    asked.push(name);
    await held.get(name);
    const path = join(others[name] ?? build, name);
    if (!pathname.startsWith(PATH) || !existsSync(path) || !statSync(path).isFile())
      return response.writeHead(404).end();
    response.setHeader('Content-Type', TYPES[extname(name)] ?? 'application/octet-stream');
    response.setHeader('Cache-Control', 'max-age=600').end(readFileSync(path));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // The address of a server on a TCP port is an AddressInfo.
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}${PATH}`,
    show(shown, besides = {}) {
      build = shown;
      others = besides;
    },
    hold: (file, until) => void held.set(file, until),
    asked() {
      const since = asked;
      asked = [];
      return since;
    },
    async close() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
