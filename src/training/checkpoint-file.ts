/**
 * A run's point as bytes, from which another session continues it: a safetensors file with the optimizer's three vectors and the kept
 * parameters, and everything else as JSON in its metadata.
 */

import type { Expected } from '../core/model';
import { UserError } from '../core/user-error';
import { float32, readSafetensors, writeSafetensors } from '../files/safetensors';
import { jsonOf } from '../json';
import { z } from '../schema';
import type { RunPoint } from '../worker/run';
import { runConfigSchema } from './run-config';

const VERSION = '1';
const FILE = 'checkpoint';

/** What a run has to have in common with the one that wrote a point to continue from it. */
export interface RunIdentity {
  config: z.infer<typeof runConfigSchema>;
  /** `Expected`'s keys. */
  backbone: Expected['backbone']['key'];
  data: Expected['data']['key'];
}

const count = z.int().nonnegative();
const word = z
  .int()
  .min(-(2 ** 31))
  .max(2 ** 32);
const stream = z.tuple([word, word, word, word, z.number().nullable()]);
const headerSchema = z
  .object({
    identity: z.object({
      config: runConfigSchema,
      backbone: z.string(),
      data: z.string(),
    }) satisfies z.ZodType<RunIdentity>,
    epoch: count,
    index: count,
    step: count,
    streams: z.object({ augmentation: stream, dropout: stream }).nullable(),
    lossSum: z.number(),
    best: z.object({ epoch: count, correct: count }),
    seconds: z.number().nonnegative(),
    epochs: z.array(
      z.object({
        epoch: count,
        trainLoss: z.number().nullable(),
        valLoss: z.number(),
        correct: count,
        total: count,
        seconds: z.number().nonnegative(),
      }),
    ),
    keptEpoch: count,
    predicted: z.array(count.max(2 ** 16 - 1)),
  })
  .refine(
    ({ epoch, epochs, keptEpoch, best }) =>
      best.epoch === keptEpoch &&
      keptEpoch < epoch &&
      epochs.length === epoch &&
      epochs.every((each, index) => each.epoch === index),
    'its epochs contradict one another',
  );

export interface Checkpoint {
  identity: RunIdentity;
  point: RunPoint;
}

export function encodeCheckpoint({ identity, point }: Checkpoint): Uint8Array<ArrayBuffer> {
  const { state, epochs, kept } = point;
  const { optimizer, ...rest } = state;
  const header: z.infer<typeof headerSchema> = {
    ...{ identity, ...rest, step: optimizer.step, epochs },
    streams: rest.streams && {
      augmentation: [...rest.streams.augmentation],
      dropout: [...rest.streams.dropout],
    },
    ...{ keptEpoch: kept.epoch, predicted: Array.from(kept.predicted) },
  };
  const { values, mean, variance } = optimizer;
  const vectors = { values, mean, variance, kept: kept.values };
  return writeSafetensors(
    new Map(Object.entries(vectors).map(([name, data]) => [name, { shape: [data.length], data }])),
    { version: VERSION, checkpoint: JSON.stringify(header) },
  );
}

/** @throws UserError if the bytes are not a checkpoint of this version */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const file = readSafetensors(bytes, FILE);
  const { version, checkpoint } = file.metadata;
  if (version !== VERSION)
    throw new UserError(`The checkpoint has version ${version ?? 'none'}, this program reads ${VERSION}.`);
  const parsed = headerSchema.safeParse(jsonOf(checkpoint ?? ''));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError(
      `The checkpoint cannot be read: ${issue?.path.join('.') || 'header'}: ${issue?.message}.`,
    );
  }
  const { identity, step, epochs, keptEpoch, predicted, ...rest } = parsed.data;
  const values = float32(file, 'values');
  // All vectors have the length of the first.
  const vector = (name: string) => float32(file, name, [values.length]);
  return {
    identity,
    point: {
      state: { ...rest, optimizer: { values, mean: vector('mean'), variance: vector('variance'), step } },
      epochs,
      kept: { epoch: keptEpoch, values: vector('kept'), predicted: Uint16Array.from(predicted) },
    },
  };
}
