/**
 * What published ResNet-50 files call their weights, and what else differs between the libraries they come from: the order of
 * a kernel's axes, batch norm's ε, where a stage strides and how images are to be prepared. One row per library. Layers have
 * torchvision's names everywhere else in this program.
 *
 * Sources: torchvision/models/resnet.py (timm/models/resnet.py names alike); transformers/models/resnet/modeling_resnet.py;
 * keras/src/applications/resnet.py and imagenet_utils.py.
 */
import type { WeightFile } from '../files/weight-file';
import { type BlockPart, type ConvolutionSpec, placeOf } from './layout';
import { IMAGENET, type Preprocessing } from './preprocessing';

export interface WeightNames {
  kernel: string;
  /** The convolution's own bias, which most libraries leave to batch norm; null where there is none. */
  bias: string | null;
  gamma: string;
  beta: string;
  mean: string;
  variance: string;
}

export interface NamingScheme {
  /** For messages: whose names these are. */
  readonly library: string;
  readonly weights: (layer: ConvolutionSpec) => WeightNames;
  /** Which tensors belong to a stage, named by group 1, and the number of the first. */
  readonly inStage: RegExp;
  readonly firstStage: number;
  /** A name every such file has and that no other name ends in: what stands before it stands before all names. */
  readonly anchor: string;
  /** Weight and bias of the classifier, under the trunk's prefix or a part of it. */
  readonly heads: readonly (readonly [weight: string, bias: string])[];
  /** `hwio`: kernels `[k, k, c_in, c_out]`, classifier `[features, classes]`; `oihw`: `[c_out, c_in, k, k]`, `[classes, features]`. */
  readonly order: 'oihw' | 'hwio';
  /** Added to the running variance. */
  readonly epsilon: number;
  readonly strideIn1x1: (file: WeightFile) => boolean;
  readonly preprocessing: Preprocessing;
  /** Whether the first kernel takes BGR bytes less their means, not scaled, as the original Caffe networks do. */
  readonly caffeInput: boolean;
}

/** Bytes; RGB (Keras, imagenet_utils.preprocess_input, mode "caffe"). */
const CAFFE_MEAN = [123.68, 116.779, 103.939] as const;

const TORCH_PARTS = { gamma: 'weight', beta: 'bias', mean: 'running_mean', variance: 'running_var' };
const KERAS_PARTS = { gamma: 'gamma', beta: 'beta', mean: 'moving_mean', variance: 'moving_variance' };

export const NAMING_SCHEMES: readonly NamingScheme[] = [
  {
    library: 'torchvision or timm',
    weights: ({ name, batchNorm }) => names(`${name}.weight`, null, batchNorm, '.', TORCH_PARTS),
    inStage: /^layer(\d+)\./,
    firstStage: 1,
    anchor: 'layer1.0.conv1.weight',
    heads: [['fc.weight', 'fc.bias']],
    order: 'oihw',
    epsilon: 1e-5,
    strideIn1x1: stridesAsStated,
    preprocessing: IMAGENET,
    caffeInput: false,
  },
  {
    library: 'torch.nn.Sequential of torchvision’s layers (fastai, lightly)',
    weights: ({ name, batchNorm }) =>
      names(`${sequential(name)}.weight`, null, sequential(batchNorm), '.', TORCH_PARTS),
    inStage: /^([4-7])\.\d+\./,
    firstStage: 4,
    anchor: '4.0.conv1.weight',
    heads: [],
    order: 'oihw',
    epsilon: 1e-5,
    strideIn1x1: stridesAsStated,
    preprocessing: IMAGENET,
    caffeInput: false,
  },
  {
    library: 'Hugging Face transformers',
    weights: (layer) => {
      const unit = huggingFaceUnit(layer);
      return names(`${unit}.convolution.weight`, null, `${unit}.normalization`, '.', TORCH_PARTS);
    },
    inStage: /^encoder\.stages\.(\d+)\./,
    firstStage: 0,
    anchor: 'encoder.stages.0.layers.0.layer.0.convolution.weight',
    heads: [['classifier.1.weight', 'classifier.1.bias']],
    order: 'oihw',
    epsilon: 1e-5,
    strideIn1x1: stridesAsStated,
    preprocessing: IMAGENET,
    caffeInput: false,
  },
  {
    library: 'Keras',
    weights: (layer) => {
      const unit = kerasUnit(layer);
      return names(`${unit}_conv/kernel`, `${unit}_conv/bias`, `${unit}_bn`, '/', KERAS_PARTS);
    },
    inStage: /^conv(\d+)_block/,
    firstStage: 2,
    anchor: 'conv2_block1_1_conv/kernel',
    heads: ['predictions', 'probs', 'fc1000'].map((head) => [`${head}/kernel`, `${head}/bias`] as const),
    order: 'hwio',
    epsilon: 1.001e-5,
    strideIn1x1: () => true,
    preprocessing: {
      mean: [CAFFE_MEAN[0] / 255, CAFFE_MEAN[1] / 255, CAFFE_MEAN[2] / 255],
      std: IMAGENET.std,
    },
    caffeInput: true,
  },
];

/** The names of one library after a prefix of the file's own: where a network may be. */
export interface Naming {
  scheme: NamingScheme;
  /** Stands before all names, with its separator: `state_dict.module.`; often empty. */
  prefix: string;
}

/** Every row whose names a file has, and with which prefix, in the file's order. */
export function namingsOf({ tensors }: Pick<WeightFile, 'tensors'>): Naming[] {
  return [...tensors.keys()].flatMap((name) =>
    NAMING_SCHEMES.flatMap((scheme) => {
      const prefix = name.slice(0, -scheme.anchor.length);
      return name.endsWith(scheme.anchor) && /(^|[./])$/.test(prefix) ? [{ scheme, prefix }] : [];
    }),
  );
}

/** The name that a layer has in `torch.nn.Sequential(*resnet.children())`: its module's place. */
function sequential(name: string): string {
  const [module = '', ...rest] = name.split('.');
  const stage = /^layer(\d)$/.exec(module)?.[1];
  const place = stage === undefined ? { conv1: 0, bn1: 1 }[module] : Number(stage) + 3;
  return [place, ...rest].join('.');
}

function names(
  kernel: string,
  bias: string | null,
  batchNorm: string,
  separator: string,
  parts: typeof TORCH_PARTS,
): WeightNames {
  const part = (name: string) => `${batchNorm}${separator}${name}`;
  return {
    kernel,
    bias,
    gamma: part(parts.gamma),
    beta: part(parts.beta),
    mean: part(parts.mean),
    variance: part(parts.variance),
  };
}

function stridesAsStated({ metadata }: WeightFile): boolean {
  return metadata.stride_in_1x1 === 'true';
}

const HUGGING_FACE_PARTS: Record<BlockPart, string> = {
  conv1: 'layer.0',
  conv2: 'layer.1',
  conv3: 'layer.2',
  downsample: 'shortcut',
};

function huggingFaceUnit(layer: ConvolutionSpec): string {
  const place = placeOf(layer);
  if (!place) return 'embedder.embedder';
  return `encoder.stages.${place.stage - 1}.layers.${place.block}.${HUGGING_FACE_PARTS[place.part]}`;
}

const KERAS_NUMBERS: Record<BlockPart, number> = { downsample: 0, conv1: 1, conv2: 2, conv3: 3 };

function kerasUnit(layer: ConvolutionSpec): string {
  const place = placeOf(layer);
  if (!place) return 'conv1';
  return `conv${place.stage + 1}_block${place.block + 1}_${KERAS_NUMBERS[place.part]}`;
}
