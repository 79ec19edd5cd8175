/** What is measured: one training step of one setting on one backbone, at one image and batch size. Plain data. */

import type { BackendName } from '../src/core/engine';
import type { TileNames } from '../src/ops/webgpu/adapt';
import type { Engine } from './engine';

/** `probe-cached` trains the head on given features; `probe` also computes the features from images. */
export const SETTINGS = ['probe-cached', 'probe', 'atoms', 'core', 'lora', 'full'] as const;
export type Setting = (typeof SETTINGS)[number];

export const BACKBONES = ['starter', 'resnet50'] as const;
export type BackboneName = (typeof BACKBONES)[number];

export const RIVALS = ['ours', 'ours half', 'stock tfjs', 'jax-js', 'PyTorch'] as const;
export type RivalName = (typeof RIVALS)[number];

export interface Case {
  backbone: BackboneName;
  /** Side of the images in pixels. */
  size: number;
  batch: number;
  classes: number;
  setting: Setting;
}

/** m of ΔD, and r of core atoms (about as many trainable parameters) and of LoRA. */
export const ATOMS = 9;
export const DIRECTIONS = 3;
export const RANK = 4;

export const SETTING_LABELS: Record<Setting, string> = {
  'probe-cached': 'linear probe, cached',
  probe: 'linear probe',
  atoms: 'ΔD, m = 9',
  core: 'core atoms, r = 3',
  lora: 'LoRA, r = 4',
  full: 'full',
};

/** Why only this project's step has the setting; null if every rival has it. */
export const onlyOurs = ({ setting }: Pick<Case, 'setting'>) =>
  setting === 'core' ? 'this setting is this project’s own' : null;

/** The tolerated relative difference between the losses of a rival and of the reference. */
export const TOLERANCE = 1e-3;

/** Learning rates for Adam. The head's is small, so that the checked losses depend on the backbone's updates. */
export const HEAD_RATE = 1e-4;
export const BACKBONE_RATES: Record<Setting, number> = {
  'probe-cached': 0,
  probe: 0,
  atoms: 1e-2,
  core: 1e-2,
  lora: 1e-3,
  full: 2e-5,
};
export const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** The losses of the reference rival. */
export interface Reference {
  rival: RivalName;
  /** Losses of the checked steps. */
  losses: number[];
  /** Loss of the first step with the whole batch. */
  firstLoss: number;
}

interface EngineRequest {
  backend: BackendName;
  /** Tiles chosen by an earlier page; null to choose them. */
  tiles: TileNames | null;
}

export interface StepRequest extends EngineRequest {
  kind: 'step';
  rival: RivalName;
  of: Case;
  /** Null if this rival is the first. */
  reference: Reference | null;
  /** The number of steps whose losses are checked before the timing. */
  checkedSteps: number;
  /** The number of images in them; smaller than the batch where steps are slow. */
  checkedBatch: number;
  /** If false, WebGPU dispatches are recorded without computing, to measure memory only. */
  compute: boolean;
  /** Timing ends after this many seconds or `steps` samples, whichever comes first, but not before `leastSteps` samples. */
  seconds: number;
  steps: number;
  leastSteps: number;
}

export interface RoofRequest extends EngineRequest {
  kind: 'roof';
}

export interface PassesRequest extends EngineRequest {
  kind: 'passes';
  size: number;
  batch: number;
}

export interface ProbeEpochRequest extends EngineRequest {
  kind: 'probe-epoch';
  backbone: BackboneName;
  images: number;
}

export type Request = StepRequest | RoofRequest | PassesRequest | ProbeEpochRequest;

/** The result of one rival. Times are in milliseconds per step. */
export type StepOutcome =
  | {
      kind: 'timed';
      losses: number[];
      firstLoss: number;
      times: number[];
      /** Time in the step's synchronous call, before its result is awaited; null if the call does all the work. */
      javascript: number[] | null;
      /** The number of GPU dispatches, or of kernels run on wasm; null if they cannot be counted. */
      dispatches: number | null;
      peakBytes: number | null;
      /** Bytes of all WebAssembly memories of the page at the end; null on WebGPU. */
      heapBytes: number | null;
      /** The device it runs on, if that is not the table's adapter. */
      runsOn?: string;
    }
  /** Not timed, because its losses differ from the reference. */
  | { kind: 'disagrees'; losses: number[]; reason: string }
  | { kind: 'cannot'; reason: string }
  | { kind: 'skipped'; reason: string }
  | { kind: 'failed'; reason: string };

export interface Roof {
  engine: Engine;
  /** The JavaScript runtime and its version. */
  runtime: string;
  gigaflops: number;
  /** The product that reached it. */
  of: string;
}

export interface Pass {
  layer: string;
  pass: 'forward' | 'input gradient' | 'kernel gradient' | 'atom gradient';
  gigaflop: number;
  /** Milliseconds of each sample, and of the roof's product just before it. */
  times: number[];
  products: number[];
}

export interface Passes {
  passes: Pass[];
  /** The roof's product. */
  product: { name: string; gigaflop: number };
}

export interface Answers {
  step: StepOutcome;
  roof: Roof;
  passes: Passes;
  'probe-epoch': { times: number[] };
}
