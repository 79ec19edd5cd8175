/** The benchmark's page: answers one request and is then closed. */
import { answer } from './answer';
import type { Answers, Request } from './case';

async function readStarter(): Promise<Uint8Array> {
  const response = await fetch('/backbones/starter-resnet50-w16.safetensors');
  return new Uint8Array(await response.arrayBuffer());
}

declare global {
  var bench: (request: Request) => Promise<Answers[Request['kind']]>;
}
const [runtime = navigator.userAgent] = /Chrom\w*\/[\d]+/.exec(navigator.userAgent) ?? [];
globalThis.bench = (request) => answer(request, { runtime: runtime.replace('/', ' '), readStarter });
