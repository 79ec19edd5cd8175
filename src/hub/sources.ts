/**
 * ResNet-50's published ImageNet weights as a table: where a file is, what is known of it before it is fetched, how images are
 * to be prepared for it, and whose it is. `null` is what nobody has stated. A file's contents decide its tensors' names and
 * layout; `naming` only says what to expect.
 */

import { IMAGENET, type Preprocessing } from '../backbone/preprocessing';
import type { Interpolation } from '../backbone/recipe';

/** How images are prepared for the weights' own evaluation. */
export interface Preparation extends Preprocessing {
  /** Side of the images that the weights were trained on, pixels. */
  trainSize: number | null;
  /** Side of the square input in evaluation, pixels. */
  inputSize: number;
  /** Part of the resized image's shorter side that the central crop takes. */
  cropRatio: number;
  interpolation: Interpolation;
}

/** What a file must be, as far as somebody said. */
export interface Statement {
  bytes: number | null;
  /** Lowercase hex. */
  sha256: string | null;
}

/** A file to be downloaded. */
export interface Download extends Statement {
  /** Names the stored copy. */
  id: string;
  /** What the person reads. */
  label: string;
  fileName: string;
  url: string;
  /** The file's Git LFS pointer, a few lines of text with its size and SHA-256; null where there is none. */
  pointerUrl: string | null;
}

/** A row of the table. Without a `url`, the person brings the file. */
export interface Source extends Omit<Download, 'url'> {
  url: string | null;
  naming: 'torchvision' | 'transformers';
  preprocessing: Preparation;
  /** SPDX identifier of the weights' own licence. */
  licence: string;
  citation: string;
}

const HE =
  'K. He, X. Zhang, S. Ren, J. Sun: Deep Residual Learning for Image Recognition. CVPR 2016, arXiv:1512.03385';
const WIGHTMAN =
  'R. Wightman, H. Touvron, H. Jégou: ResNet strikes back: An improved training procedure in timm. 2021, arXiv:2110.00476';
const VRYNIOTIS =
  "V. Vryniotis: How to Train State-Of-The-Art Models Using TorchVision's Latest Primitives. PyTorch blog, 2021";

/**
 * The hub's file of a repository, in its present version. Its address is answered by a redirect to another host, whose
 * `X-Linked-Size` and `X-Linked-Etag` no script sees; the pointer says the same and is read instead.
 */
function onHuggingFace(repository: string) {
  const at = (view: string) => `https://huggingface.co/${repository}/${view}/main/model.safetensors`;
  return {
    fileName: 'model.safetensors',
    url: at('resolve'),
    pointerUrl: at('raw'),
    bytes: null,
    sha256: null,
  };
}

/** Preparation and licence as in timm's own table (timm/models/resnet.py), torchvision's presets and the hub's model cards. */
export const SOURCES: readonly [Source, ...Source[]] = [
  {
    id: 'timm-resnet50.tv2_in1k',
    label: 'ResNet-50, torchvision V2 (timm/resnet50.tv2_in1k)',
    ...onHuggingFace('timm/resnet50.tv2_in1k'),
    naming: 'torchvision',
    preprocessing: {
      ...IMAGENET,
      trainSize: 176,
      inputSize: 224,
      cropRatio: 0.965,
      interpolation: 'bilinear',
    },
    licence: 'BSD-3-Clause',
    citation: `${HE}. ${VRYNIOTIS}`,
  },
  {
    id: 'timm-resnet50.a1_in1k',
    label: 'ResNet-50, recipe A1 (timm/resnet50.a1_in1k)',
    ...onHuggingFace('timm/resnet50.a1_in1k'),
    naming: 'torchvision',
    preprocessing: { ...IMAGENET, trainSize: 224, inputSize: 288, cropRatio: 1, interpolation: 'bicubic' },
    licence: 'Apache-2.0',
    citation: `${HE}. ${WIGHTMAN}`,
  },
  {
    id: 'microsoft-resnet-50',
    label: 'ResNet-50 (microsoft/resnet-50)',
    ...onHuggingFace('microsoft/resnet-50'),
    naming: 'transformers',
    preprocessing: {
      ...IMAGENET,
      trainSize: null,
      inputSize: 224,
      cropRatio: 0.875,
      interpolation: 'bicubic',
    },
    licence: 'Apache-2.0',
    citation: HE,
  },
  {
    id: 'torchvision-resnet50-v1',
    label: 'ResNet-50, torchvision V1 (your own file)',
    fileName: 'resnet50-0676ba61.pth',
    url: null,
    pointerUrl: null,
    bytes: 102_530_333,
    sha256: '0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a',
    naming: 'torchvision',
    preprocessing: {
      ...IMAGENET,
      trainSize: 224,
      inputSize: 224,
      cropRatio: 224 / 256,
      interpolation: 'bilinear',
    },
    licence: 'BSD-3-Clause',
    citation: HE,
  },
  {
    id: 'torchvision-resnet50-v2',
    label: 'ResNet-50, torchvision V2 (your own file)',
    fileName: 'resnet50-11ad3fa6.pth',
    url: null,
    pointerUrl: null,
    bytes: 102_540_417,
    sha256: '11ad3fa62ca79e40addfd354a8ec4b7c75143b3038b8d2a807fbc68deab379ca',
    naming: 'torchvision',
    preprocessing: {
      ...IMAGENET,
      trainSize: 176,
      inputSize: 224,
      cropRatio: 224 / 232,
      interpolation: 'bilinear',
    },
    licence: 'BSD-3-Clause',
    citation: `${HE}. ${VRYNIOTIS}`,
  },
];

/** The row that a file brought by the person is of, by its SHA-256; null for any other file. */
export function sourceOfHash(sha256: string): Source | null {
  return SOURCES.find((source) => source.sha256 === sha256) ?? null;
}

/**
 * The row that a file is by its own name (a browser that saves it twice adds ` (1)`), before it is read; null for any other.
 * A name proves nothing: `keep` compares the contents.
 */
export function sourceOfFile(fileName: string): Source | null {
  const prefix = /^resnet50-([0-9a-f]{8})(?: ?\(\d+\))?\.pth$/i.exec(fileName)?.[1]?.toLowerCase();
  return (prefix && SOURCES.find(({ sha256 }) => sha256?.startsWith(prefix))) || null;
}
