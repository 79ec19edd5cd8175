/** Runs before each test file: installs WebGPU, and a `fetch` that reads Vite's URLs of local files. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { startWebGpu } from './webgpu';

await startWebGpu();

const network = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const path = typeof input === 'string' ? /^(?:\/@fs)?(\/[^?]*)/.exec(input)?.[1] : undefined;
  if (path === undefined) return network(input, init);
  const isWhole = path.startsWith(process.cwd()) || (input as string).startsWith('/@fs');
  if (isWhole) return new Response(await readFile(path));
  // A file of the project by its absolute path, or by its path below the project's root.
  const served = `${process.cwd()}/public${path}`;
  return new Response(await readFile(existsSync(served) ? served : process.cwd() + path));
};
