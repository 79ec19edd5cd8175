/** The time of a forward pass, from which the duration of runs is estimated before any run. */
import type { Backbone } from '../backbone/backbone';
import type { Dataset } from '../data/dataset';
import { abandon, Turns } from '../turns';
import { yieldToEventLoop } from '../yield-to-event-loop';
import { centredBatch } from './batch';
import { range } from './evaluate';

/** Images of the timed pass: few on the CPU, where each costs the same, more on a GPU, which computes several at once. */
const IMAGES = { wasm: 2, webgpu: 16 } as const;

/**
 * Seconds per image of a forward pass. Other work takes turns with it, so it delays nothing for longer than one operation.
 * @throws the signal's reason after an abort
 */
export async function measurePace(
  backbone: Backbone,
  { train, side }: Pick<Dataset, 'train' | 'side'>,
  backend: keyof typeof IMAGES,
  signal: AbortSignal,
): Promise<number> {
  const count = Math.min(IMAGES[backend], train.labels.length);
  const images = centredBatch(train, side, backbone, range(0, count));
  try {
    // The first pass compiles programs and fills caches.
    await timedPass();
    return (await timedPass()) / count;
  } finally {
    images.dispose();
  }

  async function timedPass(): Promise<number> {
    const turns = new Turns();
    const work = backbone.featuresInParts(images);
    const began = performance.now();
    try {
      for (;;) {
        const { done, value } = work.next();
        if (done) {
          await value.data();
          value.dispose();
          return (performance.now() - began) / 1000;
        }
        if (!turns.isDue()) continue;
        await yieldToEventLoop();
        signal.throwIfAborted();
      }
    } finally {
      abandon(work);
    }
  }
}
