/** The step in PyTorch, on the same processor or GPU: runs pytorch_step.py on a problem file. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSafetensors } from '../../src/files/safetensors';
import { ADAM, BACKBONE_RATES, HEAD_RATE, onlyOurs, type StepOutcome, type StepRequest } from '../case';
import { makeProblem, type Problem } from '../problem';

/** The system's Python, where distributions install PyTorch; $PYTHON overrides it. */
const PYTHON = process.env.PYTHON ?? '/usr/bin/python3';

/** OpenMP threads wait by spinning; on shared cores the default of a millisecond makes PyTorch many times slower. */
const SPIN_COUNT = '20000';

export interface PyTorch {
  /** Why PyTorch cannot run; null if it can. */
  missing: string | null;
  hasCuda: boolean;
  measure(request: StepRequest, device: 'cpu' | 'cuda', threads: number): Promise<StepOutcome>;
}

type Answer = {
  losses: number[];
  firstLoss: number;
  times: number[];
  peakBytes: number | null;
  runsOn: string;
};

/** Looks for PyTorch. `script`: the path of pytorch_step.py. */
export async function findPyTorch(script: string, readStarter: () => Promise<Uint8Array>): Promise<PyTorch> {
  const found = await look(script);
  return {
    ...found,
    async measure(request, device, threads) {
      const reason = found.missing ?? onlyOurs(request.of);
      if (reason !== null) return { kind: 'cannot', reason };
      const folder = await mkdtemp(join(tmpdir(), 'atomtune-bench-'));
      try {
        const file = join(folder, 'problem.safetensors');
        await writeFile(file, problemFile(await makeProblem(request.of, readStarter)));
        const { seconds, steps, leastSteps, checkedSteps, checkedBatch, of } = request;
        const flags = { setting: of.setting, threads, device, seconds, steps, least: leastSteps };
        const options = Object.entries({ ...flags, checked: checkedSteps, checkedBatch });
        const given = options.flatMap(([name, value]) => [`--${name}`, String(value)]);
        const { code, output, errors } = await run([script, file, ...given]);
        if (code !== 0) return { kind: 'failed', reason: errors.trim().split('\n').at(-1) ?? `code ${code}` };
        // The line that the script prints.
        const answer = JSON.parse(output) as Answer;
        return { kind: 'timed', javascript: null, dispatches: null, heapBytes: null, ...answer };
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  };
}

async function look(script: string): Promise<Pick<PyTorch, 'missing' | 'hasCuda'>> {
  if (!existsSync(PYTHON)) return { missing: `there is no ${PYTHON}`, hasCuda: false };
  if (!existsSync(script)) return { missing: `there is no ${script}`, hasCuda: false };
  const { code, output } = await run(['-c', 'import torch; print(torch.cuda.is_available())']);
  if (code !== 0) return { missing: `${PYTHON} has no torch`, hasCuda: false };
  return { missing: null, hasCuda: output.trim() === 'True' };
}

function problemFile({ of, weights, coefficients, table, initial, input, labels }: Problem): Uint8Array {
  const tensors = new Map<string, { shape: number[]; data: Float32Array }>();
  for (const [name, tensor] of weights) tensors.set(`weights/${name}`, tensor);
  for (const [name, data] of coefficients) {
    const rows = (weights.get(`${name}.weight`)?.shape ?? []).slice(0, 2).reduce((a, b) => a * b, 1);
    tensors.set(`coefficients/${name}`, { shape: [rows, data.length / rows], data });
  }
  for (const { name, shape, offset, size } of table.parameters) {
    tensors.set(`trained/${name}`, { shape, data: initial.slice(offset, offset + size) });
  }
  const { batch, size, setting } = of;
  const shape = setting === 'probe-cached' ? [batch, input.length / batch] : [batch, size, size, 3];
  tensors.set('input', { shape, data: input });
  tensors.set('labels', { shape: [batch], data: Float32Array.from(labels) });
  const rates = { head_rate: HEAD_RATE, backbone_rate: BACKBONE_RATES[setting], ...ADAM };
  const about = Object.entries(rates).map(([name, value]) => [name, String(value)]);
  return writeSafetensors(tensors, Object.fromEntries(about));
}

function run(given: string[]): Promise<{ code: number; output: string; errors: string }> {
  return new Promise((resolve) => {
    const env = { GOMP_SPINCOUNT: SPIN_COUNT, ...process.env };
    const child = spawn(PYTHON, given, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [output, errors] = ['', ''];
    child.stdout.on('data', (text) => {
      output += text;
    });
    child.stderr.on('data', (text) => {
      errors += text;
    });
    child.on('error', (error) => resolve({ code: 1, output, errors: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output, errors }));
  });
}
