/** Classifies image files with tuned models. Each image is decoded once, and each model is opened once for all of them. */
import type { Backbone } from '../backbone/backbone';
import { concurrently } from '../concurrently';
import type { Classification, Classified } from '../core/model';
import { decodeImage, type Framing } from '../data/decode';
import { logitsOf, type Recomputation, type StoredModel, withModel } from '../export/adapter';
import { centreOf } from '../training/batch';
import { yieldToEventLoop } from '../yield-to-event-loop';
import { CLASSIFIED_AT_ONCE } from './classified-at-once';
import { storedSide } from './stored-side';

/** Number of images decoded at a time. */
const DECODES_AT_ONCE = 4;

/**
 * What every model predicts for every image, in their order.
 * @throws the signal's reason when aborted
 */
export async function classifyFiles(
  backbone: Backbone,
  models: readonly StoredModel[],
  images: readonly Blob[],
  recompute: Recomputation,
  signal: AbortSignal,
): Promise<Classified[]> {
  const found: Classified[] = images.map(() => ({ predictions: [] }));
  const byFraming = new Map<Framing, Readable>();
  for (const { framing } of models)
    if (!byFraming.has(framing)) byFraming.set(framing, await decodeAll(images, framing, backbone, signal));
  for (const { reasons } of byFraming.values())
    for (const [image, reason] of reasons) found[image] = { reason };
  for (const model of models) {
    const { pixels } = byFraming.get(model.framing) ?? NOTHING;
    const predicted = await classifyPixels(backbone, model, [...pixels.values()], recompute, signal);
    [...pixels.keys()].forEach((image, at) => {
      const [to, prediction] = [found[image], predicted[at]];
      if (to && 'predictions' in to && prediction) to.predictions.push(prediction);
    });
  }
  return found;
}

/** By index of the image. */
interface Readable {
  /** RGB bytes `[inputSize, inputSize, 3]`. */
  pixels: ReadonlyMap<number, Uint8Array>;
  /** Why an image cannot be decoded. */
  reasons: ReadonlyMap<number, string>;
}

const NOTHING: Readable = { pixels: new Map(), reasons: new Map() };

async function decodeAll(
  images: readonly Blob[],
  framing: Framing,
  { inputSize }: Backbone,
  signal: AbortSignal,
): Promise<Readable> {
  const side = storedSide(inputSize, framing);
  const decode = (image: Blob) => decodeImage(image, side, framing);
  const decoded = await concurrently(images, DECODES_AT_ONCE, decode, { signal });
  const pixels = new Map<number, Uint8Array>();
  const reasons = new Map<number, string>();
  decoded.forEach((each, image) => {
    if ('reason' in each) reasons.set(image, each.reason);
    else pixels.set(image, centreOf(each.pixels, side, inputSize));
  });
  return { pixels, reasons };
}

function classifyPixels(
  backbone: Backbone,
  model: StoredModel,
  pixels: readonly Uint8Array[],
  recompute: Recomputation,
  signal: AbortSignal,
): Promise<Classification[]> {
  if (pixels.length === 0) return Promise.resolve([]);
  return withModel(
    model,
    backbone,
    async (open, values) => {
      const found: Classification[] = [];
      for (let first = 0; first < pixels.length; first += CLASSIFIED_AT_ONCE) {
        signal.throwIfAborted();
        const batch = pixels.slice(first, first + CLASSIFIED_AT_ONCE);
        const logits = await logitsOf(open, values, joined(batch), batch.length);
        found.push(...logits.map((row) => ({ logits: row, probabilities: softmax(row) })));
        await yieldToEventLoop();
      }
      return found;
    },
    recompute,
  );
}

function joined(images: readonly Uint8Array[]): Uint8Array {
  const [first] = images;
  const size = first?.length ?? 0;
  const all = new Uint8Array(images.length * size);
  images.forEach((image, index) => {
    all.set(image, index * size);
  });
  return all;
}

function softmax(logits: readonly number[]): number[] {
  const greatest = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(logit - greatest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
