/**
 * Measures one step of one rival, in a page or process of its own, so that no memory, shaders or caches of another rival affect it.
 */
import { emptyPool } from '../src/ops/webgpu/buffer-pool';
import { type StepOutcome, type StepRequest, TOLERANCE } from './case';
import { type Counters, watchGpu, watchWasm } from './counters';
import { makeProblem } from './problem';
import { jax } from './rivals/jax';
import { ours, oursInFp16 } from './rivals/ours';
import type { Rival, Trainer } from './rivals/rival';
import { stock } from './rivals/stock';

/** PyTorch is measured by its own script. */
const RIVALS: Record<Exclude<StepRequest['rival'], 'PyTorch'>, Rival> = {
  ours,
  'ours half': oursInFp16,
  'stock tfjs': stock,
  'jax-js': jax,
};

/** The minimum duration of a sample in milliseconds. A sample has several steps and one read-back, as in training on a GPU. */
const SAMPLE_MS = 200;
const MOST_STEPS_PER_SAMPLE = 10;

/** A step that takes more than this multiple of the available time is measured once, without warm-up. */
const TOO_SLOW = 4;

type Timed = Extract<StepOutcome, { kind: 'timed' }>;

/** Checks and times one rival. `readStarter` returns the starter's weight file. */
export async function measureStep(
  request: StepRequest,
  readStarter: () => Promise<Uint8Array>,
): Promise<StepOutcome> {
  const { rival: name, backend, of, compute, checkedSteps, checkedBatch, reference } = request;
  if (name === 'PyTorch') throw new Error('PyTorch runs outside of the engine.');
  const rival = RIVALS[name];
  const reason = rival.cannot(of, backend);
  if (reason) return { kind: 'cannot', reason };
  const counters = backend === 'wasm' ? watchWasm() : watchGpu();
  await rival.start(request);
  // Starting a rival may need computed results; later none are needed.
  if (!compute) counters.stopComputing();
  const prepare = async (batch: number) =>
    rival.prepare(await makeProblem({ ...of, batch }, readStarter), backend);

  const losses: number[] = [];
  if (checkedSteps > 0) {
    const trainer = await prepare(checkedBatch);
    for (let step = 0; step < checkedSteps; step++) losses.push(await trainer.step().read());
    trainer.dispose();
    if (name !== 'jax-js') emptyPool();
    const wrong = difference(losses, reference?.losses, reference?.rival);
    if (wrong) return { kind: 'disagrees', losses, reason: wrong };
  }

  const trainer = await prepare(of.batch);
  if (name !== 'jax-js') counters.watchTensors();
  counters.takeDispatches();
  const began = performance.now();
  const firstLoss = await trainer.step().read();
  const firstMs = performance.now() - began;
  const wrong = compute
    ? difference([firstLoss], reference ? [reference.firstLoss] : undefined, reference?.rival)
    : null;
  if (wrong) return { kind: 'disagrees', losses: [firstLoss], reason: wrong };
  const outcome = await timed(trainer, request, counters, firstMs);
  trainer.dispose();
  return { ...outcome, losses, firstLoss };
}

async function timed(
  trainer: Trainer,
  { backend, seconds, steps, leastSteps }: StepRequest,
  counters: Counters,
  firstMs: number,
): Promise<Omit<Timed, 'losses' | 'firstLoss'>> {
  const perSample = Math.max(1, Math.min(MOST_STEPS_PER_SAMPLE, Math.floor(SAMPLE_MS / firstMs)));
  const once = steps === 0 || firstMs > TOO_SLOW * 1000 * seconds;
  const times: number[] = once && steps > 0 ? [firstMs] : [];
  const javascript: number[] = [];
  // A step that takes longer than the available time is not repeated.
  const least = firstMs > 1000 * seconds ? 1 : leastSteps;
  const start = performance.now();
  const goesOn = () => times.length < least || performance.now() - start < 1000 * seconds;
  if (!once) counters.takeDispatches();
  while (!once && times.length < steps && goesOn()) {
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
  const counted = once ? 1 : times.length * perSample;
  const dispatches = counters.takeDispatches();
  return {
    kind: 'timed',
    times,
    javascript: backend === 'webgpu' && javascript.length > 0 ? javascript : null,
    dispatches: dispatches === null ? null : Math.round(dispatches / counted),
    peakBytes: counters.peakBytes(),
    heapBytes: counters.heapBytes(),
  };
}

/** Why the losses are wrong; null if they agree with the reference, or are the first ones and finite. */
function difference(losses: number[], expected: number[] | undefined, whose = ''): string | null {
  if (!losses.every(Number.isFinite)) return `its losses are ${shown(losses)}`;
  const same = losses.every((loss, step) => {
    const other = expected ? (expected[step] ?? Number.NaN) : loss;
    return Math.abs(loss - other) <= TOLERANCE * Math.abs(other);
  });
  return same ? null : `its losses are ${shown(losses)}, those of ${whose} ${shown(expected ?? [])}`;
}

function shown(losses: number[]): string {
  return losses.map((loss) => loss.toPrecision(6)).join(', ');
}
