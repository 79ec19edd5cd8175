/** `npm run bench:node`: the benchmark in plain Node, bundled into one script. WebGPU must be installed before tfjs is loaded. */
import { startWebGpu } from './webgpu';

await startWebGpu();
const { openNode, serve } = await import('../hosts/node');
const [first, request] = process.argv.slice(2);
if (first === '--answer' && request) {
  await serve(request);
} else {
  const { commandLine } = await import('../command-line');
  await commandLine(async () => openNode());
  // Without it, Dawn keeps the process alive.
  process.exit();
}
