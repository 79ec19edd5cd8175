/** `results.json`: the complete inputs and results of all runs, in machine-readable form. */

import type { BackboneSummary } from '../../src/core/backbone';
import type { DatasetSummary, Part } from '../../src/core/dataset';
import type { EngineInfo } from '../../src/core/engine';
import { FAULT_KINDS } from '../../src/core/engine';
import { PRESETS } from '../../src/data/presets';
import { readingSchema } from '../../src/data/reading-schema';
import { z } from '../../src/schema';
import { wilson } from '../../src/statistics/wilson';
import { runConfigSchema } from '../../src/training/run-config';
import type { Problem } from '../store/problem';
import { accuracy, keptResult, lastEpoch, type RunRecord } from '../store/run-record';

export const RESULTS_FORMAT = 5;

/** A data set's summary without thumbnails. */
export type DataSummary = Omit<DatasetSummary, 'classes' | 'thumbnailLayout'> & {
  classes: ({ name: string } & Record<Part, number>)[];
  /** Label of the images and the split. */
  label: string;
  /** Name of a built-in sample set; null for the person's own files. */
  sample: string | null;
};

const count = z.int().nonnegative();
const seconds = z.number().nonnegative();
const proportion = z.number().min(0).max(1);
const trainable = z.object({ backbone: count, head: count });

/** The facts about the backbone in the results. */
type BackboneFacts = Omit<
  BackboneSummary,
  'convolutions' | 'loading' | 'key' | 'trunk' | 'recipe' | 'notices'
>;

export function backboneFacts(backbone: BackboneSummary): BackboneFacts {
  const { id, name, hash, inputSize, stages, ownClasses, licence, citation } = backbone;
  const { features, parameters, fileBytes } = backbone;
  return {
    ...{ id, name, hash, inputSize, stages, ownClasses, licence, citation },
    ...{ features, parameters, fileBytes },
  };
}

/** Versions of the underlying software. */
export interface Environment {
  /** The browser's user agent string. */
  browser: string;
  /** Version of TensorFlow.js. */
  tfjs: string;
}

export const epochSchema = z.object({
  epoch: count,
  trainLoss: z.number().nullable(),
  valLoss: z.number(),
  correct: count,
  total: count,
  seconds,
});

/** An epoch's validation accuracy with its 95 % Wilson interval. */
const accuracySchema = z.object({
  epoch: count,
  correct: count,
  total: count,
  accuracy: proportion,
  low: proportion,
  high: proportion,
});

/** Class indices of every image: targets and predictions. */
export const predictionsSchema = z.object({ targets: z.array(count), predicted: z.array(count) });

export const runResultsSchema = z.object({
  name: z.string(),
  /** Common name of runs that differ only in their seeds. */
  armName: z.string(),
  setting: z.string(),
  symbol: z.string(),
  /** Search runs only choose values; they are not compared. */
  role: z.enum(['search', 'final']),
  outcome: z.enum(['finished', 'stopped', 'failed']),
  /** The error of a failed run, else null. */
  problem: z
    .object({
      kind: z.enum(['user', ...FAULT_KINDS, 'bug']) satisfies z.ZodType<Problem['kind']>,
      message: z.string(),
    })
    .nullable(),
  config: runConfigSchema,
  /** Memory limit in bytes; null: the engine chose. */
  memoryCap: z.number().positive().nullable(),
  /** The backend that computed it; null if the run has no result. */
  backend: z.enum(['webgpu', 'wasm']).nullable(),
  precision: z.enum(['single', 'half']).nullable(),
  /** WebAssembly threads, 0 on WebGPU; null if it is not known. */
  threads: count.nullable(),
  /** Index of colour and marker. */
  style: count,
  /** The person's own words. */
  note: z.string(),
  tags: z.array(z.string()),
  trainable,
  /** Its memory plan, in bytes; null if it did not start. */
  memory: z
    .object({
      batch: count,
      microBatch: count,
      gradientCheckpointing: z.boolean(),
      evaluationBatch: count,
      frozenFeatures: z.enum(['device', 'file']).nullable(),
      bytes: count,
      budget: count,
    })
    .nullable(),
  last: accuracySchema.nullable(),
  /** The best epoch, whose parameters the adapter file contains. */
  best: accuracySchema.nullable(),
  seconds,
  imagesPerSecond: z.number().nonnegative(),
  epochs: z.array(epochSchema),
  /** Predictions on the validation images; null if there are none. */
  validation: predictionsSchema.nullable(),
  /** Their epoch: the best one. Null: they are those of the last epoch, as in files of version 4. */
  validationEpoch: count.nullable(),
  /** Predictions on the test images at the best epoch; null without test images. */
  test: predictionsSchema.nullable(),
  /** Training loss at every reported step. */
  losses: z.array(z.object({ step: count, loss: z.number() })),
  /** Null if no model was kept; `file` is null if the adapter was not written to a file. */
  adapter: z.object({ file: z.string().nullable(), bytes: count }).nullable(),
});

export const resultsSchema = z.object({
  format: z.literal(RESULTS_FORMAT),
  createdBy: z.object({ name: z.string(), version: z.string() }),
  /** When the command was started or the page created the file. */
  madeAt: z.iso.datetime(),
  /** False if the person stopped before all runs were completed. */
  complete: z.boolean(),
  engine: z.object({
    backend: z.enum(['webgpu', 'wasm']),
    choice: z.enum(['auto', 'webgpu', 'webgpu-half', 'wasm']),
    adapter: z.string().nullable(),
    hardware: z.boolean(),
    reason: z.string(),
    threads: count,
    isolated: z.boolean(),
    precision: z.enum(['single', 'half']),
    limits: z.object({ budget: count, buffer: count }),
  }) satisfies z.ZodType<EngineInfo>,
  environment: z.object({ browser: z.string(), tfjs: z.string() }) satisfies z.ZodType<Environment>,
  backbone: z.object({
    id: z.string(),
    name: z.string(),
    hash: z.string(),
    inputSize: count,
    stages: z.object({ used: count, inFile: count }),
    ownClasses: count.nullable(),
    licence: z.string(),
    citation: z.string(),
    features: count,
    parameters: count,
    fileBytes: count,
  }) satisfies z.ZodType<BackboneFacts>,
  dataset: z.object({
    name: z.string(),
    label: z.string(),
    sample: z.string().nullable(),
    description: z.string(),
    classes: z.array(z.object({ name: z.string(), train: count, val: count, test: count })),
    split: z.enum(['given', 'stratified']),
    testSplit: z.enum(['given', 'stratified']).nullable(),
    seed: count,
    testPart: proportion,
    preset: z.enum(PRESETS),
    unused: count,
    augmentation: z.enum(['crops-flips', 'flips', 'none']),
    reading: readingSchema,
    notices: z.array(z.string()),
    leftOut: z.array(z.object({ path: z.string(), reason: z.string() })),
    duplicates: z.object({
      groups: count,
      images: count,
      conflicts: z.array(z.array(z.string())),
      leaked: z.object({ val: count, test: count }),
      givenUp: z.object({ images: count, classes: z.array(z.string()) }),
    }),
    hash: z.string(),
  }) satisfies z.ZodType<DataSummary>,
  runs: z.array(runResultsSchema),
  charts: z.array(z.string()),
});

export type Results = z.infer<typeof resultsSchema>;
export type RunResults = z.infer<typeof runResultsSchema>;

function measured(result: RunRecord['epochs'][number] | undefined): RunResults['best'] {
  if (!result) return null;
  const { epoch, correct, total } = result;
  const { low, high } = wilson(correct, total);
  return { epoch, correct, total, accuracy: accuracy(result), low, high };
}

export function runResults(run: RunRecord, adapter: RunResults['adapter']): RunResults {
  const {
    name,
    armName,
    setting,
    symbol,
    role,
    result,
    status,
    problem,
    config,
    memoryCap,
    style,
    note,
    tags,
    trainable,
    memory,
    imagesPerSecond,
    epochs,
    steps,
  } = run;
  return {
    name,
    armName,
    setting,
    symbol,
    role,
    outcome: status === 'finished' || status === 'failed' ? status : 'stopped',
    problem: problem && { kind: problem.kind, message: problem.message },
    config,
    memoryCap,
    backend: result?.backend ?? null,
    precision: result?.precision ?? null,
    threads: result?.threads ?? null,
    style,
    note,
    tags: [...tags],
    trainable,
    memory,
    last: measured(lastEpoch(run)),
    best: measured(keptResult(run)),
    seconds: result?.seconds ?? lastEpoch(run)?.seconds ?? 0,
    imagesPerSecond,
    epochs,
    validation: result?.validation ?? null,
    validationEpoch: result?.keptEpoch ?? null,
    test: result?.test ?? null,
    losses: steps,
    adapter,
  };
}

/** The run in the form that `compare` takes. */
export function comparedRun(run: RunResults, { hash }: Results['dataset']) {
  const { outcome, seconds, validation, test, backend, precision, threads, adapter } = run;
  return {
    ...run,
    basis: hash,
    result: validation && { outcome, seconds, validation, test, backend, precision, threads },
    model: adapter && { adapterBytes: adapter.bytes },
  };
}

/** Throws if the results do not match the schema, which is a bug in the caller. */
export const resultsText = (results: Results) => `${JSON.stringify(resultsSchema.parse(results), null, 2)}\n`;
