/** A host that answers requests in processes of plain Node with Dawn's WebGPU: this same script, started for each request. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Answers, Request } from '../case';
import type { Host } from './host';

const STARTER = 'public/backbones/starter-resnet50-w16.safetensors';
const PYTORCH = 'bench/pytorch_step.py';
/** Marks the line with the answer, because drivers write to the same output. */
const MARK = 'answer: ';

export function openNode(): Host {
  const script = fileURLToPath(import.meta.url);
  return {
    backends: ['webgpu'],
    async ask<R extends Request>(request: R, minutes: number) {
      const { code, output, errors } = await run([script, '--answer', JSON.stringify(request)], minutes);
      const line = output.split('\n').find((text) => text.startsWith(MARK));
      if (code !== 0 || !line)
        throw new Error(errors.trim().split('\n').at(-1) || `the process ended with ${code}`);
      return JSON.parse(line.slice(MARK.length)) as Answers[R['kind']]; // written by `serve` below
    },
    readStarter,
    pytorchScript: found(PYTORCH),
    close: async () => {},
  };
}

/** In the started process: answers one request and prints the answer. */
export async function serve(request: string): Promise<void> {
  const { answer } = await import('../answer');
  const runtime = `Node ${process.versions.node}, Dawn`;
  // The request was written by `ask` above.
  const done = await answer(JSON.parse(request) as Request, { runtime, readStarter });
  await new Promise<void>((resolve) =>
    process.stdout.write(`\n${MARK}${JSON.stringify(done)}\n`, () => resolve()),
  );
  // Without it, Dawn keeps the process alive.
  process.exit(0);
}

const readStarter = (): Promise<Uint8Array> => readFile(found(STARTER));

/** A file of the project, relative to the working directory or to this script. */
function found(path: string): string {
  const beside = join(dirname(fileURLToPath(import.meta.url)), '..', path);
  return existsSync(path) || !existsSync(beside) ? path : beside;
}

function run(
  given: string[],
  minutes: number,
): Promise<{ code: number | null; output: string; errors: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, given, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000 * minutes,
    });
    let [output, errors] = ['', ''];
    child.stdout.on('data', (text) => {
      output += text;
    });
    child.stderr.on('data', (text) => {
      errors += text;
    });
    child.on('close', (code, signal) => {
      resolve({ code, output, errors: signal ? `${errors}\nended by ${signal}` : errors });
    });
  });
}
