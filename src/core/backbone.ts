/** A backbone: where its weights come from, what it is, and what its own classifier recognizes. */
import type { NamedFile } from './dataset';

export type Interpolation = 'bilinear' | 'bicubic';

export interface Recipe {
  /** Shorter side that the image is scaled to, pixels. */
  resize: number;
  /** Side of the central square that is cut from it, pixels. */
  crop: number;
  interpolation: Interpolation;
  /** Stated for these weights; false where nothing is known of them and they are seen as tuning sees them. */
  isStated: boolean;
  /** Side of the images that the weights were trained on, pixels; null where it is not known. */
  trainSize: number | null;
}

/** Networks of one file by what stands before their weights' names: `state_dict_ema`, `teacher.backbone`; empty for nothing. */
export interface TrunkChoice {
  used: string;
  /** In the file's order, `used` among them. */
  all: readonly string[];
}

/** The precision of the stored numbers: as published, or rounded to fp16. */
export type StoredPrecision = 'original' | 'F16';

export interface StoredBackbone {
  id: string;
  label: string;
  fileName: string;
  /** Bytes currently on the disk. */
  bytes: number;
  /** Size of the whole stored file, bytes; null for a partial file of unknown size. */
  total: number | null;
  /** `partial`: an interrupted download that can be resumed. */
  kind: 'whole' | 'partial';
  /** When the file became whole, or when its download began; milliseconds since 1970. */
  savedAt: number;
  precision: StoredPrecision;
  /** SHA-256 of the published file, hex; null for a partial file if it is not known. */
  sha256: string | null;
  /** True if the hash matches the one that the hub or the table of sources states; false if neither states one. */
  verified: boolean;
}

export interface ConvolutionSummary {
  /** torchvision's name, e.g. `layer2.0.conv2`. */
  name: string;
  kernel: number;
  cIn: number;
  cOut: number;
  stride: number;
}

/** Where a backbone's weights come from. */
export type BackboneSource =
  /** The starter backbone that comes with the page. */
  | { kind: 'starter' }
  /** An entry of the table of sources. It is downloaded unless it is already stored in this browser. */
  | { kind: 'hub'; id: string; keepAs: StoredPrecision }
  /** Stored in this browser. */
  | { kind: 'stored'; id: string }
  /** The person's own weight file, with its shards and `config.json` if there are any. */
  | { kind: 'files'; files: NamedFile[] };

export interface BackboneChoice {
  source: BackboneSource;
  /** Use only this many stages, counted from the first; null for all. */
  stages: number | null;
  /** Input size, pixels; null for the source's default. */
  inputSize: number | null;
  /** Selects one of several networks in a file by its label in `BackboneSummary.trunk`; chosen automatically if absent. */
  trunk?: string | undefined;
}

/** A step of loading a backbone, with its duration. */
export interface LoadingPhase {
  label: string;
  seconds: number;
}

export interface BackboneSummary {
  id: string;
  name: string;
  /** SHA-256, hex, of the weight file; if only some stages are used, a hash that also depends on their number. */
  hash: string;
  /** Identifies `hash` together with the input size. A tuned model can only be used with the backbone of the same key. */
  key: string;
  /** Side of the square input images, pixels. */
  inputSize: number;
  /** Number of stages that are used, and number of stages in the file. */
  stages: { used: number; inFile: number };
  /** Number of classes of the pretrained classifier; null if there is none. */
  ownClasses: number | null;
  /** Which network in the file is used. */
  trunk: TrunkChoice;
  /** The preprocessing of images for the pretrained classifier. */
  recipe: Recipe;
  /** Sentences for the person: which parts of the file are used and which are not. */
  notices: readonly string[];
  licence: string;
  citation: string;
  /** The steps from the start of loading to the first forward pass. */
  loading: LoadingPhase[];
  /** Length of the pooled feature vector. */
  features: number;
  /** Number of parameters in the backbone: kernels and batch norm affine parameters, without the head. */
  parameters: number;
  fileBytes: number;
  convolutions: ConvolutionSummary[];
}

/** A convolution's kernel written as coefficients × atoms (docs/method.md §1). */
export interface LayerAtoms {
  layer: string;
  kernel: number;
  cIn: number;
  cOut: number;
  count: number;
  /** `[count, kernel, kernel]`, unit-norm rows. */
  atoms: Float32Array;
  /** ‖W − αD‖ / ‖W‖ over every row of the kernel. */
  relativeError: number;
}

/** A class that the pretrained classifier predicts. */
export interface Guess {
  name: string;
  /** 0–1 */
  probability: number;
}

/** The pretrained classifier's predictions for one image of the data set. */
export interface Recognition {
  className: string;
  /** Index of the image among the thumbnails of its class. */
  tile: number;
  guesses: Guess[];
  /** True if the image was preprocessed by the backbone's recipe; false if its file is not available and the pixels for tuning were used. */
  byRecipe: boolean;
}

/** The backbones in this browser's private storage. */
export interface Storage {
  stored: StoredBackbone[];
}
