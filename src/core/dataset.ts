/** A data set: where its images come from, how they become classes and parts, and what was found in them. */
/** The random changes of training images that do not change their labels. */
export type Augmentation = 'crops-flips' | 'flips' | 'none';

/** A file with its path inside the dropped folder, separated by `/`, e.g. `flowers/train/rose/1.jpg`. */
export interface NamedFile {
  path: string;
  file: Blob;
}

/** Image files as they are. */
export type FileSource =
  | { kind: 'files'; files: NamedFile[] }
  /** A built-in sample set: a zip on this site. */
  | { kind: 'sample'; name: string; url: string };

/** Images that `keepData` wrote into a project. */
export interface KeptSource {
  kind: 'kept';
  project: string;
  data: string;
}

export type DataSource = FileSource | KeptSource;

/** Training images; validation images, which determine the best epoch; test images, which are used for neither. */
export type Part = 'train' | 'val' | 'test';

/** Encodings of file names in zips that do not declare one. */
export type NameEncoding =
  | 'utf-8'
  | 'shift_jis'
  | 'euc-jp'
  | 'gb18030'
  | 'big5'
  | 'euc-kr'
  | 'windows-1250'
  | 'windows-1251'
  | 'windows-1252'
  | 'ibm866'
  | 'ibm437'
  | 'ibm850';

/** A correction of one image's label by the person. */
export interface Correction {
  /** The image's path relative to the root of the data set. */
  path: string;
  /** The right class; null if the image is removed from the data set. */
  className: string | null;
}

/** How to read a data set. An absent field is detected; if that is ambiguous, the person is asked. */
export interface Reading {
  /** Whether folders with names such as `train` and `test` are the parts of a split (true) or classes (false). */
  splitFolders?: boolean | undefined;
  /** The folder level that names the class. 1 is the first level below the split folder, or below the common root of all images. */
  classLevel?: number | undefined;
  nameEncoding?: NameEncoding | undefined;
  /** Absent if there are none. At most one for each path. */
  corrections?: Correction[] | undefined;
}

/** One way to read a data set, with its result. */
export interface ReadingOption {
  reading: Reading;
  /** A short description. */
  label: string;
  /** In class order; `images` counts all images of the class. */
  classes: { name: string; images: number }[];
  /** Number of images in each part; null if the data set has no split of its own. */
  parts: Record<Part, number> | null;
  /** Number of images that would be left out. */
  leftOut: number;
}

/** The question of an import that stopped because the data set can be read in more than one way. */
export interface DataQuestion {
  /** The question, as one sentence. */
  sentence: string;
  /** The folders with their numbers of images, one per line, indented. */
  tree: string;
  options: ReadingOption[];
}

/**
 * Which images are used. `vtab`: at most 800 training and 200 validation images, each squeezed to a square without cropping;
 * `few-shot-k`: k training images per class and at most 2,000 others for validation.
 */
export type Preset = 'whole' | 'vtab' | `few-shot-${1 | 2 | 4 | 8 | 16}`;

/** Parameters of a stratified split. */
export interface SplitChoice {
  seed: number;
  /** Fraction of each class that is held out as test images, 0 for none. Ignored if the data set has a test folder. */
  testPart: number;
}

export interface LeftOut {
  path: string;
  reason: string;
}

export interface ClassSummary {
  name: string;
  train: number;
  val: number;
  test: number;
  /** The paths of its images relative to the root of the data set, in the order of the thumbnails. */
  paths: string[];
  /**
   * A sprite sheet of all images of the class, row by row, `columns` tiles of `tile`×`tile` pixels per row, in the order training,
   * validation, test.
   */
  thumbnails: Blob;
}

/**
 * Groups of duplicates, near-duplicates and burst shots. A stratified split keeps each group in one part.
 */
export interface Duplicates {
  /** Number of groups with at least two images, and number of images in them. */
  groups: number;
  images: number;
  /** The paths of the images of each group that spans several classes. */
  conflicts: string[][];
  /** Validation and test images with a near-duplicate in training: a given split is not changed, and some groups are ignored. */
  leaked: { val: number; test: number };
  /**
   * Images with too many near-duplicates (those of a fixed camera, for example) to split their class by whole groups. In these
   * classes only identical images and burst shots are kept together.
   */
  givenUp: { images: number; classes: string[] };
}

export interface DatasetSummary {
  name: string;
  /** One or two sentences from `dataset.json` in the data set; empty if there are none. */
  description: string;
  classes: ClassSummary[];
  /** `given`: by the data set's train/ and val/ folders; `stratified`: a fifth of each class, drawn with the seed, is for validation. */
  split: 'given' | 'stratified';
  /** The same for the test images; null if there are none. */
  testSplit: 'given' | 'stratified' | null;
  seed: number;
  testPart: number;
  preset: Preset;
  /** Number of images that the preset does not use. */
  unused: number;
  augmentation: Augmentation;
  /** The choices the person made where the data set could be read in more than one way, and corrected labels. */
  reading: Reading;
  /** Remarks for the person on how the data set was read, e.g. an assumed encoding or classes with similar names. */
  notices: string[];
  leftOut: LeftOut[];
  duplicates: Duplicates;
  /** SHA-256, hex, of class names, paths, labels and pixels of the whole data set; independent of the seed of a stratified split. */
  hash: string;
  thumbnailLayout: { tile: number; columns: number };
}
