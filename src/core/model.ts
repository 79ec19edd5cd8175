/** A tuned model: what is known of it and what it predicts. */
/** Correct images and images of every class. */
export interface ByClass {
  correct: number[];
  images: number[];
}

/** A tuned model in the engine: a finished run (with the run's id) or a loaded adapter. */
export interface ModelSummary {
  modelId: string;
  name: string;
  /** The backbone it belongs to. */
  backbone: Named;
  setting: string;
  classes: string[];
  trainable: { backbone: number; head: number };
  score: ModelScore;
  /** Name of the data set it was trained on, and the ISO date on which its run ended; null if its adapter file does not state them. */
  data: string | null;
  ended: string | null;
  /** Size of its adapter file, bytes. */
  adapterBytes: number;
  /** The file of a loaded adapter; null for a run. */
  file: LoadedFile | null;
}

/** What a model got right, on the test images if there are any, otherwise on the validation images of the best epoch. */
export interface ModelScore {
  on: 'test' | 'validation';
  correct: number;
  images: number;
  /** In the order of the model's classes; null for an adapter file that does not state it. */
  byClass: ByClass | null;
}

export interface LoadedFile {
  name: string;
  /** SHA-256 of the whole file. */
  hash: string;
  /** The largest difference between stored and recomputed check logits. */
  checkDifference: number;
}

/** A name for the person and a key that identifies the same thing in the engine. */
export interface Named {
  key: string;
  name: string;
}

/**
 * The backbone and the data that a request was made for. The engine rejects the request if others are in use by then, so that no
 * result is stored under a wrong name.
 */
export interface Expected {
  /** `BackboneSummary.key` and the backbone's name. */
  backbone: Named;
  /** `dataKey` of the data set's summary, and its name. */
  data: Named;
}

export interface LayerMovement {
  layer: string;
  /** ‖ΔW‖ / ‖W‖. */
  relativeChange: number;
  /** For settings that train atoms: D and ΔD, each `[count, kernel, kernel]`; otherwise null. */
  atoms: { count: number; kernel: number; before: Float32Array; change: Float32Array } | null;
}

export interface Classification {
  /** In the order of the model's classes; sums to 1. */
  probabilities: number[];
  logits: number[];
}

/** What several models predict for one image, in the order of the models; or why it cannot be decoded. */
export type Classified = { predictions: Classification[] } | { reason: string };
