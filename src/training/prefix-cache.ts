/**
 * The frozen stages below the lowest trained one give the same maps whenever an image comes again: they are computed once
 * and kept, on the device or in a file. One prefix at a time, shared by all runs that have it. It may go at any moment, for
 * want of room or because the data changed; whoever asks then gets null and computes from the images.
 */
import * as tf from '@tensorflow/tfjs';
import type { Backbone } from '../backbone/backbone';
import type { Dataset } from '../data/dataset';
import type { PrivateFile } from '../files/private-file';
import { part } from '../ops/part';
import type { PrefixPlace, RunConfig, RunEvent } from '../worker/protocol';
import { centredBatch, viewBatch, viewsPerImage } from './batch';
import { EVALUATION_BATCH, range } from './evaluate';

type Phase = Extract<RunEvent, { kind: 'phase' }>;

export interface PrefixRequest {
  backbone: Backbone;
  dataset: Dataset;
  config: Pick<RunConfig, 'augmentation' | 'views' | 'seed'>;
  /** The lowest trained stage, 1 for the first: its input is what is kept. */
  from: number;
  place: PrefixPlace;
  /** Images per forward pass. */
  batchSize?: number | undefined;
}

/** Opens an empty file; null where there are none. */
export type OpenFile = () => Promise<PrivateFile | null>;

/** For one backbone and data set. */
export class PrefixCache {
  #kept: { key: string; place: PrefixPlace; prefix: Prefix } | null = null;
  #disposed = false;

  constructor(readonly openFile: OpenFile) {}

  /** Frees what other runs left on the device: the memory of a run is planned without it. */
  keepOnly(request: PrefixRequest | null): void {
    if (this.#kept?.place === 'device' && this.#kept.key !== (request && keyOf(request))) this.#drop();
  }

  /** The kept maps, or those computed now; yields its progress. Where they found no room, a prefix that has none. */
  async *prefix(request: PrefixRequest): AsyncGenerator<Phase, Prefix> {
    const key = keyOf(request);
    if (this.#kept?.key === key) return this.#kept.prefix;
    this.#drop();
    const { place, from, dataset, config } = request;
    const file = place === 'file' ? await this.openFile() : null;
    const maps = file ? new FileMaps(file) : place === 'device' ? new DeviceMaps() : null;
    const prefix = new Prefix(from, dataset.train.labels.length, viewsPerImage(config), maps);
    let complete = false;
    try {
      if (maps) yield* compute(request, prefix, maps);
      complete = true;
    } finally {
      if (!complete) prefix.dispose();
    }
    // Meanwhile another run may have come, or the data may have gone.
    this.#drop();
    if (this.#disposed) prefix.dispose();
    else this.#kept = { key, place, prefix };
    return prefix;
  }

  /** Frees what is kept, also under a run; nothing is kept from then on. */
  dispose(): void {
    this.#disposed = true;
    this.#drop();
  }

  #drop(): void {
    this.#kept?.prefix.dispose();
    this.#kept = null;
  }
}

/** The maps that enter a stage, for the views of the training images and the centres of the validation images. */
export class Prefix {
  #maps: Maps | null;

  constructor(
    readonly from: number,
    readonly trainImages: number,
    readonly views: number,
    maps: Maps | null,
  ) {
    this.#maps = maps;
  }

  /** `[indices.length, h, w, c]`; null where they are not kept. */
  train(indices: Uint32Array, view: number): tf.Tensor4D | null {
    return this.#read(indices, view * this.trainImages);
  }

  /** As `train`, of validation images. */
  val(indices: Uint32Array): tf.Tensor4D | null {
    return this.#read(indices, this.views * this.trainImages);
  }

  dispose(): void {
    this.#maps?.dispose();
    this.#maps = null;
  }

  #read(indices: Uint32Array, first: number): tf.Tensor4D | null {
    const found = this.#maps?.read(Array.from(indices, (index) => first + index)) ?? null;
    if (!found) this.dispose();
    return found;
  }
}

async function* compute(
  { backbone, dataset, config, from, batchSize = EVALUATION_BATCH }: PrefixRequest,
  prefix: Prefix,
  maps: Maps,
): AsyncGenerator<Phase, void> {
  const { val, side } = dataset;
  const { trainImages, views } = prefix;
  const total = views * trainImages + val.labels.length;
  function* batches(): Generator<() => tf.Tensor4D> {
    for (let view = 0; view < views; view++)
      for (const indices of ranges(trainImages, batchSize))
        yield () => viewBatch(dataset, backbone, config, indices, view);
    for (const indices of ranges(val.labels.length, batchSize))
      yield () => centredBatch(val, side, backbone, indices);
  }
  let done = 0;
  for (const images of batches()) {
    const entering = tf.tidy(() => backbone.prefix(images(), from));
    done += entering.shape[0];
    const hadRoom = await maps.append(entering);
    entering.dispose();
    if (!hadRoom) {
      prefix.dispose();
      return;
    }
    yield { kind: 'phase', label: 'Computing activations of the frozen stages', done, total };
  }
}

function* ranges(count: number, size: number): Generator<Uint32Array> {
  for (let start = 0; start < count; start += size) yield range(start, Math.min(count, start + size));
}

function keyOf({ config, from, place }: PrefixRequest): string {
  const { augmentation, seed } = config;
  return JSON.stringify([
    from,
    place,
    ...(augmentation === 'none' ? [] : [augmentation, config.views, seed]),
  ]);
}

/** Maps of one shape, one for each row. */
interface Maps {
  /** Adds `[n, h, w, c]` as the next n rows; false when there is no room. */
  append(maps: tf.Tensor4D): Promise<boolean>;
  /** `[rows.length, h, w, c]`; null when they cannot be read. */
  read(rows: number[]): tf.Tensor4D | null;
  dispose(): void;
}

/** A tensor for each row: of a batch in any order only its own are touched, and none is larger than a buffer may be. */
class DeviceMaps implements Maps {
  readonly #rows: tf.Tensor4D[] = [];

  async append(maps: tf.Tensor4D): Promise<boolean> {
    const [n, height, width, channels] = maps.shape;
    const size = height * width * channels;
    for (let row = 0; row < n; row++)
      this.#rows.push(part<tf.Rank.R4>(maps, row * size, [1, height, width, channels]));
    // Waits for the device, or the bar would run ahead of it.
    const first = part<tf.Rank.R1>(maps, 0, [1]);
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

class FileMaps implements Maps {
  #shape: [height: number, width: number, channels: number] = [0, 0, 0];
  #written = 0;

  constructor(readonly file: PrivateFile) {}

  async append(maps: tf.Tensor4D): Promise<boolean> {
    const [, ...shape] = maps.shape;
    this.#shape = shape;
    const values = (await maps.data()) as Float32Array; // float32 tensor
    try {
      this.file.write(values, this.#written);
    } catch {
      return false;
    }
    this.#written += values.length;
    return true;
  }

  read(rows: number[]): tf.Tensor4D | null {
    const size = this.#shape.reduce((product, side) => product * side, 1);
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
