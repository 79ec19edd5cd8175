/**
 * Serves the source of the built page with it: `source.zip` is the committed project, without screenshots and kept measurements. Only
 * where package.json names no public repository, and where the page is built from a git checkout.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const FILE = 'source.zip';
const LEFT_OUT = ['e2e/states', 'docs/steps', 'bench/core-atoms'];

/** The address of the source, relative to the page if it is served with it; null if there is none. */
export const sourceAddress = (repository: string | undefined): string | null =>
  repository?.replace(/^git\+|\.git$/g, '') ?? (existsSync(`${ROOT}.git`) ? FILE : null);

const archive = () =>
  execFileSync(
    'git',
    ['archive', '--format=zip', 'HEAD', '--', '.', ...LEFT_OUT.map((path) => `:!${path}`)],
    { cwd: ROOT, maxBuffer: 2 ** 30 },
  );

export function sourcePlugin(address: string | null): Plugin | null {
  if (address !== FILE) return null;
  return {
    name: 'source-archive',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: FILE, source: archive() });
    },
    configureServer(server) {
      server.middlewares.use(`/${FILE}`, (_, response) => {
        response.setHeader('Content-Type', 'application/zip').end(archive());
      });
    },
  };
}
