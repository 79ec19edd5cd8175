/** The time of a forward pass, from which the duration of runs is estimated before any run. */
import type { Backbone } from '../backbone/backbone';
import type { Dataset } from '../data/dataset';
import { abandon, Turns } from '../turns';
import { yieldToEventLoop } from '../yield-to-event-loop';
import { centredBatch } from './batch';
import { range } from './evaluate';

/** Images of the first passes: one on the CPU, where a large network takes long, more on a GPU, which computes several at once. */
const IMAGES = { wasm: 1, webgpu: 16 } as const;
/** Small networks are timed with more images, because one image is mostly overhead: as many as take this many seconds. */
const LONG_ENOUGH = 0.3;
const MOST_IMAGES = 16;

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
  const few = Math.min(IMAGES[backend], train.labels.length);
  // The first pass compiles programs and fills caches.
  await timedPass(few);
  const perImage = (await timedPass(few)) / few;
  const more = Math.min(MOST_IMAGES, train.labels.length, Math.floor(LONG_ENOUGH / perImage));
  return more > few ? (await timedPass(more)) / more : perImage;

  async function timedPass(count: number): Promise<number> {
    const images = centredBatch(train, side, backbone, range(0, count));
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
      images.dispose();
    }
  }
}
