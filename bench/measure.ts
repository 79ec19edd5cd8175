/**
 * Answers one request of the benchmark, in a page or a process of its own: nothing of one rival's memory, shaders or warmth is
 * there when the next one starts.
 */
import { type StepOutcome, type StepRequest, TOLERANCE } from './case';
import { type Counters, watchGpu, watchWasm } from './counters';
import { makeProblem } from './problem';
import { jax } from './rivals/jax';
import { ours } from './rivals/ours';
import type { Rival, Trainer } from './rivals/rival';
import { stock } from './rivals/stock';

/** PyTorch is timed by a script of its own. */
const RIVALS: Record<Exclude<StepRequest['rival'], 'PyTorch'>, Rival> = {
  ours,
  'stock tfjs': stock,
  'jax-js': jax,
};

/** A sample lasts at least this long, in as many steps as that takes, with one read-back: as in training on a GPU. */
const SAMPLE_MS = 200;
const MOST_STEPS_PER_SAMPLE = 10;

/** Checks and times one rival. `readStarter` gives the starter's file. */
export async function measureStep(
  request: StepRequest,
  readStarter: () => Promise<Uint8Array>,
): Promise<StepOutcome> {
  const { rival: name, backend, of } = request;
  if (name === 'PyTorch') throw new Error('PyTorch runs outside of the engine.');
  const rival = RIVALS[name];
  const reason = rival.cannot(of, backend);
  if (reason) return { kind: 'cannot', reason };
  const counters = backend === 'wasm' ? watchWasm() : watchGpu(request.compute);
  const problem = await makeProblem(of, readStarter);
  const trainer = await rival.prepare(problem, backend);
  if (name !== 'jax-js') counters.watchTensors();
  try {
    const losses: number[] = [];
    let last = 0;
    for (let step = 0; step < request.checkedSteps; step++) {
      const began = performance.now();
      losses.push(await trainer.step().read());
      last = performance.now() - began;
    }
    const disagreement = request.compute ? disagreementWith(request.reference, losses) : null;
    if (disagreement) return { kind: 'disagrees', losses, reason: disagreement };
    return { losses, ...(await timed(trainer, request, counters, last)) };
  } finally {
    trainer.dispose();
  }
}

async function timed(
  trainer: Trainer,
  { backend, seconds, steps, leastSteps }: StepRequest,
  counters: Counters,
  lastStepMs: number,
): Promise<Omit<Extract<StepOutcome, { kind: 'timed' }>, 'losses'>> {
  const perSample = Math.max(1, Math.min(MOST_STEPS_PER_SAMPLE, Math.floor(SAMPLE_MS / lastStepMs)));
  const times: number[] = [];
  const javascript: number[] = [];
  counters.takeDispatches();
  const start = performance.now();
  // What takes longer than all of the time it has is not done twice.
  const least = lastStepMs > 1000 * seconds ? Math.min(1, leastSteps) : leastSteps;
  while (times.length < least || (times.length < steps && performance.now() - start < 1000 * seconds)) {
    const began = performance.now();
    let loss = trainer.step();
    for (let step = 1; step < perSample; step++) {
      loss.drop();
      loss = trainer.step();
    }
    javascript.push((performance.now() - began) / perSample);
    await loss.read();
    times.push((performance.now() - began) / perSample);
  }
  const dispatches = counters.takeDispatches();
  return {
    kind: 'timed',
    times,
    javascript: backend === 'webgpu' ? javascript : null,
    dispatches: dispatches === null ? null : Math.round(dispatches / (times.length * perSample)),
    peakBytes: counters.peakBytes(),
    heapBytes: counters.heapBytes(),
  };
}

/** What is wrong with the losses; null where they are the reference's, or are the first. */
export function disagreementWith(reference: StepRequest['reference'], losses: number[]): string | null {
  if (!losses.every(Number.isFinite)) return `its losses are ${shown(losses)}`;
  if (!reference) return null;
  const same = losses.every((loss, step) => {
    const other = reference.losses[step] ?? Number.NaN;
    return Math.abs(loss - other) <= TOLERANCE * Math.abs(other);
  });
  return same
    ? null
    : `its losses are ${shown(losses)}, those of ${reference.rival} ${shown(reference.losses)}`;
}

function shown(losses: number[]): string {
  return losses.map((loss) => loss.toPrecision(6)).join(', ');
}
