/** What is measured: one training step of one setting on one backbone, at one image and batch size. Plain data. */
import type { TileNames } from '../src/ops/webgpu/adapt';
import type { BackendName } from '../src/worker/protocol';
import type { Engine } from './engine';

/** `probe-cached` trains the head on features that are there already; `probe` passes the images through the network. */
export const SETTINGS = ['probe-cached', 'probe', 'atoms', 'lora', 'full'] as const;
export type Setting = (typeof SETTINGS)[number];

export const BACKBONES = ['starter', 'resnet50'] as const;
export type BackboneName = (typeof BACKBONES)[number];

export const RIVALS = ['ours', 'ours half', 'stock tfjs', 'jax-js', 'PyTorch'] as const;
export type RivalName = (typeof RIVALS)[number];

export interface Case {
  backbone: BackboneName;
  /** Side of the images, pixels. */
  size: number;
  batch: number;
  classes: number;
  setting: Setting;
}

/** m of ΔD and r of LoRA: what the methods' own options say by default. */
export const ATOMS = 9;
export const RANK = 4;

export const SETTING_LABELS: Record<Setting, string> = {
  'probe-cached': 'linear probe, cached',
  probe: 'linear probe',
  atoms: 'ΔD, m = 9',
  lora: 'LoRA, r = 4',
  full: 'full',
};

/** How far a rival's losses may be from the reference's, relative. */
export const TOLERANCE = 1e-3;

/** Adam's rates. The head's is small, so that what the backbone's numbers do shows in the checked losses. */
export const HEAD_RATE = 1e-4;
export const BACKBONE_RATES: Record<Setting, number> = {
  'probe-cached': 0,
  probe: 0,
  atoms: 1e-2,
  lora: 1e-3,
  full: 2e-5,
};
export const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** The losses to agree with, and whose they are. */
export interface Reference {
  rival: RivalName;
  /** Of the checked steps. */
  losses: number[];
  /** Of the first step with the whole batch. */
  firstLoss: number;
}

interface EngineRequest {
  backend: BackendName;
  /** Chosen by an earlier page; null to choose them. */
  tiles: TileNames | null;
}

export interface StepRequest extends EngineRequest {
  kind: 'step';
  rival: RivalName;
  of: Case;
  /** Null where this rival is the first. */
  reference: Reference | null;
  /** Steps whose losses are checked before anything is timed. */
  checkedSteps: number;
  /** Images in them: fewer than the batch where steps are slow. */
  checkedBatch: number;
  /** False: on WebGPU, memory is asked for and commands are given, but nothing is computed. */
  compute: boolean;
  /** Timed work ends after this many seconds or `steps` samples, whichever is first, but not before `leastSteps`. */
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

/** What a rival did. Times in milliseconds per step. */
export type StepOutcome =
  | {
      kind: 'timed';
      losses: number[];
      firstLoss: number;
      times: number[];
      /** In the step's own call, before its result is awaited; null where the call does all the work. */
      javascript: number[] | null;
      /** GPU dispatches, or kernels run on wasm; null where they cannot be counted. */
      dispatches: number | null;
      peakBytes: number | null;
      /** All WebAssembly memory of the page at the end; null on WebGPU. */
      heapBytes: number | null;
      /** What it runs on, where that is not the table's adapter. */
      runsOn?: string;
    }
  /** Not timed: its losses are not the others'. */
  | { kind: 'disagrees'; losses: number[]; reason: string }
  | { kind: 'cannot'; reason: string }
  | { kind: 'skipped'; reason: string }
  | { kind: 'failed'; reason: string };

export interface Roof {
  engine: Engine;
  /** The runtime and its version. */
  runtime: string;
  gigaflops: number;
  /** Which product it was. */
  of: string;
}

export interface Pass {
  layer: string;
  pass: 'forward' | 'input gradient' | 'kernel gradient' | 'atom gradient';
  gigaflop: number;
  /** Milliseconds, and those of the roof's product just before each of them. */
  times: number[];
  products: number[];
}

export interface Passes {
  passes: Pass[];
  /** The roof's. */
  product: { name: string; gigaflop: number };
}

export interface Answers {
  step: StepOutcome;
  roof: Roof;
  passes: Passes;
  'probe-epoch': { times: number[] };
}
