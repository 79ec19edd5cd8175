/**
 * What a project is, as it is stored in this browser and in a project's zip. Everything that is read is parsed by these schemas; what an
 * older version wrote is first brought to the present form by `migrations.ts`.
 */

import type { BackboneChoice, BackboneSummary } from '../../src/core/backbone';
import type { DatasetSummary, KeptSource, NamedFile } from '../../src/core/dataset';
import { FAULT_KINDS } from '../../src/core/engine';
import type { Expected, ModelSummary } from '../../src/core/model';
import type { Progress } from '../../src/core/progress';
import type { MemoryPlan, RunResult } from '../../src/core/run';
import type { SettingSummary } from '../../src/core/setting';
import { PRESETS } from '../../src/data/presets';
import { readingSchema } from '../../src/data/reading-schema';
import { SETTING_IDS } from '../../src/methods/setting-ids';
import { z } from '../../src/schema';
import { runConfigSchema } from '../../src/training/run-config';
import { epochSchema, predictionsSchema, runResultsSchema } from '../report/results';
import type { Problem } from '../store/problem';
import type { RunRecord } from '../store/run-record';
import type { SavedSweep } from '../store/session';
import { STEPS } from '../store/step';
import type { Sweep, SweepChoice } from '../store/sweep';
import type { Configuration } from '../store/url';

export const PROJECT_VERSION = 1;

const count = z.int().nonnegative();
const positive = z.number().positive();
const size = z.number().nonnegative();
const time = z.number().nonnegative();
const augmentation = z.enum(['crops-flips', 'flips', 'none']);
const backend = z.enum(['webgpu', 'wasm']);
const precision = z.enum(['single', 'half']);
const trainable = z.object({ backbone: count, head: count });
const named = z.object({ key: z.string(), name: z.string() });
const options = z.record(z.string(), z.number());
const part = { train: count, val: count, test: count };

// ---------------------------------------------------------------- choices

const hyperparameters = z.object({
  epochs: count,
  batchSize: count,
  headLearningRate: positive,
  weightDecay: size,
  warmup: size,
  dropout: size,
  augmentation: augmentation.nullable(),
  views: count,
  seed: count,
  patience: count,
  warmStart: z.boolean(),
  probe: runConfigSchema.shape.probe,
  memoryCap: positive.nullable(),
  learningRates: z.record(z.string(), positive),
  options: z.record(z.string(), options),
}) satisfies z.ZodType<Configuration['hyperparameters']>;

const sweepChoice = z.object({
  seeds: z.int().positive(),
  values: z.record(z.string(), z.record(z.string(), z.array(z.number()))),
  findRates: z.boolean().nullable(),
  halving: z.boolean(),
}) satisfies z.ZodType<SweepChoice>;

const configuration = z.object({
  backend: z.enum(['auto', 'webgpu', 'webgpu-half', 'wasm']),
  sample: z.string().nullable(),
  splitSeed: count,
  testPart: z.number().min(0).max(1),
  preset: z.enum(PRESETS),
  backbone: z.string().nullable(),
  stages: z.int().positive().nullable(),
  inputSize: z.int().positive().nullable(),
  atomCount: z.int().positive(),
  settings: z.array(z.string()).nullable(),
  hyperparameters,
  sweep: sweepChoice,
}) satisfies z.ZodType<Configuration>;

const memoryPlan = z.object({
  batch: count,
  microBatch: count,
  gradientCheckpointing: z.boolean(),
  evaluationBatch: count,
  frozenFeatures: z.enum(['device', 'file']).nullable(),
  bytes: size,
  items: z.object({
    ...{ weights: size, coefficients: size, kernels: size, frozenFeatures: size, activations: size },
    ...{ optimizer: size, working: size },
  }),
  heap: z.object({ pixels: size, kernels: size, coefficients: size, features: size, models: size }),
  heapSentence: z.string(),
  budget: size,
  fits: z.boolean(),
  sentence: z.string(),
}) satisfies z.ZodType<MemoryPlan>;

const setting = z.object({
  id: z.string(),
  label: z.string(),
  symbol: z.string(),
  description: z.string(),
  advice: z.string(),
  options: z.array(
    z.object({
      ...{ id: z.string(), label: z.string(), help: z.string() },
      ...{ default: z.number(), min: z.number(), max: z.number() },
      choices: z.array(z.object({ value: z.number(), label: z.string() })).optional(),
    }),
  ),
  learningRate: size,
  rateExponents: options,
  fault: z.string().nullable(),
  trainable,
  tunedLayers: count,
  adapterBytes: size,
  paper: z.string(),
  memory: memoryPlan,
}) satisfies z.ZodType<SettingSummary, unknown>;

const sweep = z.object({
  settings: z.array(setting),
  hyperparameters,
  choice: sweepChoice.extend({ findRates: z.boolean() }),
  augmentation,
}) satisfies z.ZodType<Sweep, unknown>;

const savedSweep = z.object({
  sweep,
  basis: z.string(),
  removed: z.array(z.string()),
}) satisfies z.ZodType<SavedSweep, unknown>;

// ---------------------------------------------------------------- data and backbone

const keptSource = z.object({
  kind: z.literal('kept'),
  project: z.string(),
  data: z.string(),
}) satisfies z.ZodType<KeptSource>;

export const datasetSchema = z.object({
  name: z.string(),
  description: z.string(),
  classes: z.array(
    z.object({ name: z.string(), ...part, paths: z.array(z.string()), thumbnails: z.instanceof(Blob) }),
  ),
  split: z.enum(['given', 'stratified']),
  testSplit: z.enum(['given', 'stratified']).nullable(),
  seed: count,
  testPart: z.number().min(0).max(1),
  preset: z.enum(PRESETS),
  unused: count,
  augmentation,
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
  thumbnailLayout: z.object({ tile: z.int().positive(), columns: z.int().positive() }),
}) satisfies z.ZodType<DatasetSummary>;

const backbone = z.object({
  id: z.string(),
  name: z.string(),
  hash: z.string(),
  key: z.string(),
  inputSize: z.int().positive(),
  stages: z.object({ used: count, inFile: count }),
  ownClasses: count.nullable(),
  trunk: z.object({ used: z.string(), all: z.array(z.string()) }),
  recipe: z.object({
    resize: count,
    crop: count,
    interpolation: z.enum(['bilinear', 'bicubic']),
    isStated: z.boolean(),
    trainSize: count.nullable(),
  }),
  notices: z.array(z.string()),
  licence: z.string(),
  citation: z.string(),
  loading: z.array(z.object({ label: z.string(), seconds: size })),
  features: count,
  parameters: count,
  fileBytes: count,
  convolutions: z.array(
    z.object({ name: z.string(), kernel: count, cIn: count, cOut: count, stride: count }),
  ),
}) satisfies z.ZodType<BackboneSummary>;

/** The person's own weight files are stored with the project as the browser's `File`s would be: not at all. */
const noFiles = z.array(z.never()).transform((): NamedFile[] => []);

const backboneChoice = z.object({
  source: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('starter') }),
    z.object({ kind: z.literal('hub'), id: z.string(), keepAs: z.enum(['original', 'F16']) }),
    z.object({ kind: z.literal('stored'), id: z.string() }),
    z.object({ kind: z.literal('files'), files: noFiles }),
  ]),
  stages: z.int().positive().nullable(),
  inputSize: z.int().positive().nullable(),
  trunk: z.string().optional(),
}) satisfies z.ZodType<BackboneChoice, unknown>;

// ---------------------------------------------------------------- runs and models

const byClass = z.object({ correct: z.array(count), images: z.array(count) });

const model = z.object({
  modelId: z.string(),
  name: z.string(),
  backbone: named,
  setting: z.string(),
  classes: z.array(z.string()),
  trainable,
  score: z.object({
    on: z.enum(['test', 'validation']),
    correct: count,
    images: count,
    byClass: byClass.nullable(),
  }),
  data: z.string().nullable(),
  ended: z.string().nullable(),
  adapterBytes: count,
  file: z.object({ name: z.string(), hash: z.string(), checkDifference: size }).nullable(),
}) satisfies z.ZodType<ModelSummary>;

export const modelSchema = z.object({ summary: model, chosen: z.boolean() });

const result = z.object({
  outcome: z.enum(['finished', 'stopped', 'failed']),
  message: z.string(),
  config: runConfigSchema,
  trainable,
  epochs: z.array(epochSchema),
  keptEpoch: count,
  validation: predictionsSchema,
  test: predictionsSchema.nullable(),
  seconds: time,
  imagesPerSecond: size,
  backend,
  threads: count,
  precision,
}) satisfies z.ZodType<RunResult, unknown>;

const problem = z.union([
  z.object({ kind: z.literal('user'), message: z.string() }),
  z.object({
    kind: z.enum(FAULT_KINDS),
    ...{ message: z.string(), details: z.string(), engineLost: z.boolean() },
  }),
  z.object({ kind: z.literal('bug'), message: z.string(), details: z.string() }),
]) satisfies z.ZodType<Problem>;

/** What a run was doing is not known any more when it is read. */
const nothing = z.unknown().transform((): Progress | null => null);

export const runSchema = z.object({
  id: z.string(),
  name: z.string(),
  armName: z.string(),
  // A setting that this version does not have makes the run unreadable.
  setting: z.enum(SETTING_IDS, 'this version has no such setting'),
  role: z.enum(['search', 'final']),
  sweep: z.string().nullable(),
  before: runResultsSchema.nullable(),
  symbol: z.string(),
  config: runConfigSchema,
  memoryCap: positive.nullable(),
  memory: memoryPlan.nullable(),
  mostAtOnce: z.int().positive().nullable(),
  data: z.string(),
  basis: z.string(),
  expected: z.object({ backbone: named, data: named }) satisfies z.ZodType<Expected>,
  style: count,
  hidden: z.boolean(),
  note: z.string(),
  tags: z.array(z.string()),
  status: z.enum(['queued', 'running', 'paused', 'stopping', 'interrupted', 'finished', 'stopped', 'failed']),
  startedOn: z.object({ backend, precision }).nullable(),
  resumedAfter: count.nullable(),
  trainable,
  phase: nothing,
  totalSteps: count,
  steps: z.array(z.object({ step: count, loss: z.number() })),
  epochs: z.array(epochSchema),
  keptEpoch: count.nullable(),
  imagesPerSecond: size,
  secondsLeft: z.unknown().transform((): number | null => null),
  problem: problem.nullable(),
  message: z.string(),
  result: result.nullable(),
  model: model.nullable(),
}) satisfies z.ZodType<RunRecord, unknown>;

// ---------------------------------------------------------------- project

export const projectSchema = z.object({
  version: z.literal(PROJECT_VERSION),
  id: z.string(),
  name: z.string(),
  /** Milliseconds since 1970. */
  madeAt: time,
  changedAt: time,
  /** When it was deleted; it can be brought back until its files are removed. */
  deletedAt: time.nullable(),
  step: z.enum(STEPS),
  configuration,
  backboneChoice,
  backbone: backbone.nullable(),
  /** The kept images; null as long as there are none. */
  source: keptSource.nullable(),
  sweeps: z.record(z.string(), savedSweep),
  queueHeld: z.boolean(),
  /** Ids, in the order in which the page shows them. */
  runs: z.array(z.string()),
  models: z.array(z.string()),
  /** For the list of projects. */
  thumbnail: z.instanceof(Blob).nullable(),
  images: count,
});

export type ProjectHeader = z.infer<typeof projectSchema>;
export type KeptModel = z.infer<typeof modelSchema>;
