/** Runs before each test file: installs WebGPU, and a `fetch` that reads Vite's URLs of local files. */
import { readFile } from 'node:fs/promises';
import { startWebGpu } from './webgpu';

await startWebGpu();

const network = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const path = typeof input === 'string' ? /^(?:\/@fs)?(\/[^?]*)/.exec(input)?.[1] : undefined;
  if (path === undefined) return network(input, init);
  const inProject = !path.startsWith(process.cwd()) && !(input as string).startsWith('/@fs');
  return new Response(await readFile(inProject ? process.cwd() + path : path));
};
