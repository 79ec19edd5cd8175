/**
 * A table of published ImageNet weights of ResNet-50: the file's URL, its expected size and hash, the preprocessing of images, and
 * its licence. `null` means that no value is published. Tensor names and layout are determined from the file's contents; `naming`
 * is only what to expect.
 */

import { IMAGENET, type Preprocessing } from '../backbone/preprocessing';
import type { Interpolation } from '../core/backbone';
import { HUB } from './hosts';

/** The preprocessing of images with which the weights were evaluated. */
export interface Preparation extends Preprocessing {
  /** Side of the images that the weights were trained on, pixels. */
  trainSize: number | null;
  /** Side of the square input in evaluation, pixels. */
  inputSize: number;
  /** Fraction of the resized image's shorter side that the centre crop keeps. */
  cropRatio: number;
  interpolation: Interpolation;
}

/** The published size and hash of a file. */
export interface Statement {
  bytes: number | null;
  /** Lowercase hex. */
  sha256: string | null;
}

/** A file to be downloaded. */
export interface Download extends Statement {
  /** Identifies the stored copy. */
  id: string;
  /** The name shown to the person. */
  label: string;
  fileName: string;
  url: string;
  /** URL of the file's Git LFS pointer, a short text with its size and SHA-256; null if there is none. */
  pointerUrl: string | null;
}

/** A row of the table. Without a `url`, the person has to supply the file. */
export interface Source extends Omit<Download, 'url'> {
  url: string | null;
  naming: 'torchvision' | 'transformers';
  preprocessing: Preparation;
  /** What it is good for, for a person who chooses. */
  purpose: string;
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
 * The URLs of a repository's weight file on Hugging Face, in its current version. The file's URL redirects to another host, and
 * scripts cannot read the redirect's `X-Linked-Size` and `X-Linked-Etag`. The pointer has the same information and is read instead.
 */
function onHuggingFace(repository: string) {
  const at = (view: string) => `https://${HUB}/${repository}/${view}/main/model.safetensors`;
  return {
    fileName: 'model.safetensors',
    url: at('resolve'),
    pointerUrl: at('raw'),
    bytes: null,
    sha256: null,
  };
}

/** Preprocessing and licences are from timm's table (timm/models/resnet.py), torchvision's presets and Hugging Face's model cards. */
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
    purpose: 'For photographs of things, animals and scenes.',
    licence: 'BSD-3-Clause',
    citation: `${HE}. ${VRYNIOTIS}`,
  },
  {
    id: 'timm-resnet50.a1_in1k',
    label: 'ResNet-50, recipe A1 (timm/resnet50.a1_in1k)',
    ...onHuggingFace('timm/resnet50.a1_in1k'),
    naming: 'torchvision',
    preprocessing: { ...IMAGENET, trainSize: 224, inputSize: 288, cropRatio: 1, interpolation: 'bicubic' },
    purpose:
      'For photographs in which small details matter. Made for 288 pixels, which takes about 1.7 times as long as 224.',
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
    purpose: 'For photographs, to compare with results of Hugging Face’s transformers library.',
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
    purpose: 'For photographs, to compare with older results of torchvision.',
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
    purpose: 'For photographs of things, animals and scenes.',
    licence: 'BSD-3-Clause',
    citation: `${HE}. ${VRYNIOTIS}`,
  },
];

/** The row of a file that the person supplied, by its SHA-256; null for any other file. */
export function sourceOfHash(sha256: string): Source | null {
  return SOURCES.find((source) => source.sha256 === sha256) ?? null;
}

/**
 * The row of a file by its name, ignoring the ` (1)` that browsers add to a second copy; null for any other name. The file is
 * not read here; `keep` verifies its contents.
 */
export function sourceOfFile(fileName: string): Source | null {
  const prefix = /^resnet50-([0-9a-f]{8})(?: ?\(\d+\))?\.pth$/i.exec(fileName)?.[1]?.toLowerCase();
  return (prefix && SOURCES.find(({ sha256 }) => sha256?.startsWith(prefix))) || null;
}
