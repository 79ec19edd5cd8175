/** Runs `npm run tune` as a child process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resultsSchema } from '../app/report/results';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

let running: ChildProcess | null = null;

interface TuneOptions {
  stopAfter?: RegExp;
  echo?: boolean;
}

/** Runs the command to its end, and sends it Ctrl-C once its output matches `stopAfter`. `echo` also prints its output. */
export function tune(args: string[], { stopAfter, echo = false }: TuneOptions = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'cli/tune.ts', ...args], { cwd: PROJECT });
    running = child;
    const ended: Ended = { code: null, stdout: '', stderr: '' };
    let interrupted = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      ended.stdout += text;
      if (echo) process.stdout.write(text);
      if (interrupted || !stopAfter?.test(ended.stdout)) return;
      interrupted = true;
      child.kill('SIGINT');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      ended.stderr += text;
      if (echo) process.stderr.write(text);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      running = null;
      resolve({ ...ended, code });
    });
  });
}

/** Kills a command that a failed test left running. */
export function killTune(): void {
  running?.kill('SIGKILL');
}

export async function readResults(out: string) {
  return resultsSchema.parse(JSON.parse(await readFile(join(out, 'results.json'), 'utf8')));
}
