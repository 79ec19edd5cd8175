/**
 * ResNet with bottleneck blocks as data (He et al. 2016, "Deep Residual Learning for Image Recognition", Table 1). ResNet-50, its
 * truncations and the starter differ only in their `Layout`. Names are torchvision's.
 */

import type { Graph, Node } from '../nn/graph';

export interface Layout {
  /** Channels after the first convolution: 64 in ResNet-50, 16 at quarter width. */
  baseWidth: number;
  /** Bottleneck blocks per stage: [3, 4, 6, 3] in ResNet-50; fewer entries for a truncated network. */
  blocks: number[];
  /** Where the first block of a stage strides: in its first 1×1 (the original Caffe networks) or in its 3×3 (torchvision). */
  strideIn1x1: boolean;
}

export interface ConvolutionSpec {
  /** `conv1`, `layer2.0.conv2`, `layer2.0.downsample.0`, … */
  name: string;
  /** Its batch norm: `bn1`, `layer2.0.bn2`, `layer2.0.downsample.1`, … */
  batchNorm: string;
  /** The stage that it belongs to, from 1; 0 for what comes before the stages. */
  stage: number;
  /** Kernel side in pixels. */
  kernel: number;
  cIn: number;
  cOut: number;
  stride: number;
  /** Zero padding on each side. */
  pad: number;
}

export interface BlockSpec {
  name: string;
  conv1: ConvolutionSpec;
  conv2: ConvolutionSpec;
  conv3: ConvolutionSpec;
  /** The projection of the shortcut, if the block changes the shape. */
  downsample: ConvolutionSpec | null;
}

export interface Network extends Graph {
  stem: ConvolutionSpec;
  stages: BlockSpec[][];
}

/** The ratio of a bottleneck's output channels to its inner width (He et al. 2016, Fig. 5). */
const EXPANSION = 4;

export function network({ baseWidth, blocks, strideIn1x1 }: Layout): Network {
  const stem = convolution('conv1', 'bn1', 0, 7, 3, baseWidth, 2);
  let cIn = baseWidth;
  const stages = blocks.map((count, stage) => {
    const width = baseWidth * 2 ** stage;
    return Array.from({ length: count }, (_, index) => {
      const stride = stage > 0 && index === 0 ? 2 : 1;
      const block = bottleneck(
        `layer${stage + 1}.${index}`,
        stage + 1,
        cIn,
        width,
        stride,
        index === 0,
        strideIn1x1,
      );
      cIn = width * EXPANSION;
      return block;
    });
  });
  return { stem, stages, ...graphOf(stem, stages), features: cIn };
}

/** The max-pooling after the stem. */
export const POOL = { kernel: 3, stride: 2, pad: 1 };

/** The graph without its number of features. */
function graphOf(stem: ConvolutionSpec, stages: readonly BlockSpec[][]): Omit<Graph, 'features'> {
  const input = 'images';
  const nodes: Node[] = [
    { op: 'convolution', id: stem.name, inputs: [input], block: 'stem', spec: stem, relu: true },
    { op: 'maxPool', id: 'maxpool', inputs: [stem.name], block: 'stem', ...POOL },
  ];
  const entries: string[] = [];
  let x = 'maxpool';
  for (const stage of stages) {
    entries.push(x);
    for (const { name: block, conv1, conv2, conv3, downsample } of stage) {
      const convolve = (spec: ConvolutionSpec, inputs: string[], relu: boolean) => {
        nodes.push({ op: 'convolution', id: spec.name, inputs, block, spec, relu });
        return spec.name;
      };
      const a1 = convolve(conv1, [x], true);
      const a2 = convolve(conv2, [a1], true);
      const shortcut = downsample ? convolve(downsample, [x], false) : x;
      x = convolve(conv3, [a2, shortcut], true);
    }
  }
  entries.push(x);
  nodes.push({ op: 'globalAveragePool', id: 'avgpool', inputs: [x], block: 'head' });
  return { input, nodes, entries, output: 'avgpool' };
}

/** All convolutions in the order of the network's parameters; a block's projection is last. */
export function convolutions({ stem, stages }: Pick<Network, 'stem' | 'stages'>): ConvolutionSpec[] {
  return [stem, ...stages.flat().flatMap(blockConvolutions)];
}

const BLOCK_PARTS = ['conv1', 'conv2', 'conv3', 'downsample'] as const;
export type BlockPart = (typeof BLOCK_PARTS)[number];

/** The stage (from 1), block (from 0) and part that a layer's name denotes; null for the stem. */
export function placeOf({
  name,
}: Pick<ConvolutionSpec, 'name'>): { stage: number; block: number; part: BlockPart } | null {
  const [, stage, block, named] = /^layer(\d+)\.(\d+)\.(\w+)/.exec(name) ?? [];
  const part = BLOCK_PARTS.find((known) => known === named);
  return part ? { stage: Number(stage), block: Number(block), part } : null;
}

/** The convolutions of a bottleneck block, its projection last. */
export function blockConvolutions({ conv1, conv2, conv3, downsample }: BlockSpec): ConvolutionSpec[] {
  return [conv1, conv2, conv3, ...(downsample ? [downsample] : [])];
}

function bottleneck(
  name: string,
  stage: number,
  cIn: number,
  width: number,
  stride: number,
  projects: boolean,
  strideIn1x1: boolean,
): BlockSpec {
  const cOut = width * EXPANSION;
  return {
    name,
    conv1: convolution(`${name}.conv1`, `${name}.bn1`, stage, 1, cIn, width, strideIn1x1 ? stride : 1),
    conv2: convolution(`${name}.conv2`, `${name}.bn2`, stage, 3, width, width, strideIn1x1 ? 1 : stride),
    conv3: convolution(`${name}.conv3`, `${name}.bn3`, stage, 1, width, cOut, 1),
    downsample: projects
      ? convolution(`${name}.downsample.0`, `${name}.downsample.1`, stage, 1, cIn, cOut, stride)
      : null,
  };
}

function convolution(
  name: string,
  batchNorm: string,
  stage: number,
  kernel: number,
  cIn: number,
  cOut: number,
  stride: number,
): ConvolutionSpec {
  return { name, batchNorm, stage, kernel, cIn, cOut, stride, pad: (kernel - 1) / 2 };
}
