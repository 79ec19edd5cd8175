/**
 * The frozen-feature cache. The frozen stages below the lowest trained one give the same activations whenever the same view of an
 * image is used, so these are computed once and kept, on the device or in a file. There is one entry at a time, shared by all runs
 * that can use it. It may be dropped at any time, to free memory or because the data changed; reads then return null, and the
 * caller computes from the images.
 */
import * as tf from '@tensorflow/tfjs';
import type { Backbone } from '../backbone/backbone';
import type { Progress } from '../core/progress';
import type { FrozenFeaturePlace, RunConfig, RunEvent } from '../core/run';
import { sizeOf } from '../core/shape';
import type { Dataset } from '../data/dataset';
import type { PrivateFile } from '../files/private-file';
import { part } from '../ops/part';
import { inTurns, Turns } from '../turns';
import { centredBatch, viewBatch, viewsPerImage } from './batch';
import { batches, EVALUATION_BATCH } from './evaluate';

type Phase = Extract<RunEvent, { kind: 'phase' }>;

export interface FrozenFeatureRequest {
  backbone: Backbone;
  dataset: Dataset;
  config: Pick<RunConfig, 'augmentation' | 'views' | 'seed'>;
  /** The lowest trained stage, 1 for the first; its input is cached. */
  from: number;
  place: FrozenFeaturePlace;
  /** Images per forward pass. */
  batchSize?: number | undefined;
}

/** Opens an empty file; null if the browser has no private files. */
export type OpenFile = () => Promise<PrivateFile | null>;

/** The cache for one backbone and data set. */
export class FrozenFeatureCache {
  #kept: { key: string; place: FrozenFeaturePlace; frozenFeatures: FrozenFeatures } | null = null;
  #disposed = false;

  constructor(readonly openFile: OpenFile) {}

  /** Frees another run's entry on the device, because the memory of a run is planned without it. */
  keepOnly(request: FrozenFeatureRequest | null): void {
    if (this.#kept?.place === 'device' && this.#kept.key !== (request && keyOf(request))) this.#drop();
  }

  /** The cached entry, or a new one; yields the progress of computing it. If there is no room, the returned entry is empty. */
  async *load(request: FrozenFeatureRequest): AsyncGenerator<Phase, FrozenFeatures> {
    const key = keyOf(request);
    if (this.#kept?.key === key) return this.#kept.frozenFeatures;
    this.#drop();
    const { place, from, dataset, config } = request;
    const file = place === 'file' ? await this.openFile() : null;
    const activations = file
      ? new FileActivations(file)
      : place === 'device'
        ? new DeviceActivations()
        : null;
    const frozenFeatures = new FrozenFeatures(
      from,
      dataset.train.labels.length,
      viewsPerImage(config),
      activations,
    );
    let complete = false;
    try {
      if (activations) yield* compute(request, frozenFeatures, activations);
      complete = true;
    } finally {
      if (!complete) frozenFeatures.dispose();
    }
    // During the computation another run may have replaced the entry, or the cache may have been disposed.
    this.#drop();
    if (this.#disposed) frozenFeatures.dispose();
    else this.#kept = { key, place, frozenFeatures };
    return frozenFeatures;
  }

  /** Frees the entry, even while a run uses it; nothing is cached from then on. */
  dispose(): void {
    this.#disposed = true;
    this.#drop();
  }

  #drop(): void {
    this.#kept?.frozenFeatures.dispose();
    this.#kept = null;
  }
}

/** The activations that enter a stage, for the views of the training images and the centre crops of the validation images. */
export class FrozenFeatures {
  #activations: Activations | null;

  constructor(
    readonly from: number,
    readonly trainImages: number,
    readonly views: number,
    activations: Activations | null,
  ) {
    this.#activations = activations;
  }

  /** The activations of training images `[indices.length, h, w, c]`; null if they are not available. */
  train(indices: Uint32Array, view: number): tf.Tensor4D | null {
    return this.#read(indices, view * this.trainImages);
  }

  /** As `train`, for validation images. */
  val(indices: Uint32Array): tf.Tensor4D | null {
    return this.#read(indices, this.views * this.trainImages);
  }

  dispose(): void {
    this.#activations?.dispose();
    this.#activations = null;
  }

  #read(indices: Uint32Array, first: number): tf.Tensor4D | null {
    const found = this.#activations?.read(Array.from(indices, (index) => first + index)) ?? null;
    if (!found) this.dispose();
    return found;
  }
}

async function* compute(
  { backbone, dataset, config, from, batchSize = EVALUATION_BATCH }: FrozenFeatureRequest,
  frozenFeatures: FrozenFeatures,
  activations: Activations,
): AsyncGenerator<Phase, void> {
  const { val, side } = dataset;
  const { trainImages, views } = frozenFeatures;
  const total = views * trainImages + val.labels.length;
  const label = 'Computing activations of the frozen stages';
  const turns = new Turns();
  function* inputs(): Generator<[tf.Tensor4D, (done: number) => Progress]> {
    for (let view = 0; view < views; view++)
      for (const [indices, at] of batches(trainImages, batchSize, label, {
        before: view * trainImages,
        total,
      }))
        yield [viewBatch(dataset, backbone, config, indices, view), at];
    const place = { before: views * trainImages, total };
    for (const [indices, at] of batches(val.labels.length, batchSize, label, place))
      yield [centredBatch(val, side, backbone, indices), at];
  }
  const phaseOf = (progress: Progress): Phase => ({ kind: 'phase', ...progress });
  for (const [images, progressAt] of inputs()) {
    let entering: tf.Tensor4D;
    try {
      const work = backbone.frozenFeaturesInParts(images, from);
      entering = yield* inTurns(work, turns, (done) => phaseOf(progressAt(done)));
    } finally {
      images.dispose();
    }
    const hadRoom = await activations.append(entering);
    entering.dispose();
    if (!hadRoom) {
      frozenFeatures.dispose();
      return;
    }
    yield phaseOf(progressAt(1));
  }
}

function keyOf({ config, from, place }: FrozenFeatureRequest): string {
  const { augmentation, seed } = config;
  return JSON.stringify([
    from,
    place,
    ...(augmentation === 'none' ? [] : [augmentation, config.views, seed]),
  ]);
}

/** Storage for activations of one shape, one row per image. */
interface Activations {
  /** Appends `[n, h, w, c]` as the next n rows; false if there is no room. */
  append(activations: tf.Tensor4D): Promise<boolean>;
  /** `[rows.length, h, w, c]`; null if they cannot be read. */
  read(rows: number[]): tf.Tensor4D | null;
  dispose(): void;
}

/** One tensor per row, so that reading a batch in any order touches only its rows, and no tensor exceeds the buffer limit. */
class DeviceActivations implements Activations {
  readonly #rows: tf.Tensor4D[] = [];

  async append(activations: tf.Tensor4D): Promise<boolean> {
    const [n, height, width, channels] = activations.shape;
    const size = height * width * channels;
    for (let row = 0; row < n; row++)
      this.#rows.push(part<tf.Rank.R4>(activations, row * size, [1, height, width, channels]));
    // Waits for the device; otherwise the progress bar would run ahead of it.
    const first = part<tf.Rank.R1>(activations, 0, [1]);
    await first.data();
    first.dispose();
    return true;
  }

  read(rows: number[]): tf.Tensor4D {
    return tf.concat(
      rows.map((row) => {
        const kept = this.#rows[row];
        if (!kept) throw new Error(`No map of row ${row}.`);
        return kept;
      }),
    );
  }

  dispose(): void {
    tf.dispose(this.#rows);
  }
}

class FileActivations implements Activations {
  #shape: [height: number, width: number, channels: number] = [0, 0, 0];
  #written = 0;

  constructor(readonly file: PrivateFile) {}

  async append(activations: tf.Tensor4D): Promise<boolean> {
    const [, ...shape] = activations.shape;
    this.#shape = shape;
    const values = (await activations.data()) as Float32Array; // float32 tensor
    try {
      this.file.write(values, this.#written);
    } catch {
      return false;
    }
    this.#written += values.length;
    return true;
  }

  read(rows: number[]): tf.Tensor4D | null {
    const size = sizeOf(this.#shape);
    const values = new Float32Array(rows.length * size);
    try {
      for (const [place, row] of rows.entries())
        this.file.read(values.subarray(place * size, (place + 1) * size), row * size);
    } catch {
      return null;
    }
    return tf.tensor4d(values, [rows.length, ...this.#shape]);
  }

  dispose(): void {
    void this.file.delete();
  }
}
