/**
 * The optimized WebGPU kernels of the operations. A plan chooses a program and a tile from the shapes of the tensors. The kernel
 * runs the plan, or returns null if the program does not work on this device, so that the reference kernel runs.
 */
import type * as tf from '@tensorflow/tfjs';
import type { AtomGradientInputs } from '../atom-gradient';
import type { AtomKernelInputs } from '../atom-kernel';
import type { ConvolutionAttributes, ConvolutionInputs } from '../convolution';
import type { CoreKernelInputs } from '../core-kernel';
import { shapeOf } from '../fp16';
import type { InputGradientAttributes, InputGradientInputs } from '../input-gradient';
import type { KernelGradientAttributes, KernelGradientInputs } from '../kernel-gradient';
import type { MatMulInputs } from '../mat-mul';
import type {
  MaxPoolGradientInputs,
  MaxPoolInputs,
  PoolAttributes,
  PoolGradientAttributes,
} from '../max-pool';
import { atomKernelProgram, runAtomKernel } from './atom-kernel-program';
import { coreKernelProgram, runCoreKernel } from './core-kernel-program';
import { devicePrograms } from './device-programs';
import {
  type ImplicitGemmShape,
  type ImplicitGemmVariant,
  implicitGemmName,
  runImplicitGemm,
} from './implicit-gemm-program';
import {
  type KernelGradientShape,
  type KernelGradientVariant,
  kernelGradientName,
  runKernelGradient,
  workgroups,
} from './kernel-gradient-program';
import { maxPoolGradientProgram, maxPoolProgram, runMaxPool, runMaxPoolGradient } from './max-pool-program';
import { numbersIn, type Width } from './run-program';
import { DIRECT, fewRows, type Tile } from './tile';

/** A program chosen for given tensors. */
export interface Plan<O extends tf.Tensor> {
  /** The name of the program. */
  name: string;
  run(): O;
}

const widthOf = (channels: number): Width => (channels % 4 === 0 ? 4 : 1);

export function planConvolution(
  { x, kernel, bias, residual }: ConvolutionInputs,
  { stride, pad, relu, fp16 }: ConvolutionAttributes,
): Plan<tf.Tensor4D> {
  const programs = devicePrograms();
  const [images, sourceHeight, sourceWidth, sourceChannels] = shapeOf(x);
  const [side, , , outputChannels] = shapeOf(kernel);
  const reach = (size: number) => Math.floor((size + 2 * pad - side) / stride) + 1;
  const shape: ImplicitGemmShape = {
    images,
    sourceHeight,
    sourceWidth,
    sourceChannels,
    outputHeight: reach(sourceHeight),
    outputWidth: reach(sourceWidth),
    outputChannels,
    side,
    stride,
    pad,
  };
  const inner = widthOf(sourceChannels);
  const variant: ImplicitGemmVariant = {
    backward: false,
    pointwise: inner === 4 && side === 1 && pad === 0,
    inner,
    outer: widthOf(outputChannels),
    few: sourceChannels < 4 ? sourceChannels : null,
    tile: DIRECT,
  };
  if (inner === 4 && variant.outer === 1) variant.inner = 1;
  if (variant.few) variant.tile = programs.tiles.few;
  else if (fours(variant))
    variant.tile = programs.tile(
      'convolution',
      images * shape.outputHeight * shape.outputWidth,
      outputChannels,
    );
  return {
    name: implicitGemmName(variant),
    run: () =>
      runImplicitGemm(variant, shape, { x, kernel, bias, addend: residual }, relu, fp16 ? 'half' : 'single'),
  };
}

/** A matrix product is a 1×1 convolution of a feature map with one row. */
export function planMatMul({ a, b }: MatMulInputs): Plan<tf.Tensor2D> {
  const x = a.reshape<tf.Tensor4D>([1, 1, ...a.shape]);
  const kernel = b.reshape<tf.Tensor4D>([1, 1, ...b.shape]);
  const { name, run } = planConvolution({ x, kernel }, { stride: 1, pad: 0, relu: false, fp16: false });
  // In fp16, the shape of b counts pairs of numbers.
  return { name, run: () => run().reshape<tf.Tensor2D>([a.shape[0], -1]) };
}

export function planInputGradient(
  { dz, kernel, addend, mask }: InputGradientInputs,
  { height, width, stride, pad }: InputGradientAttributes,
): Plan<tf.Tensor4D> {
  const programs = devicePrograms();
  const [images, sourceHeight, sourceWidth, sourceChannels] = dz.shape;
  const [side, , outputChannels] = kernel.shape; // the last axis is sourceChannels
  const shape: ImplicitGemmShape = {
    images,
    sourceHeight,
    sourceWidth,
    sourceChannels,
    outputHeight: height,
    outputWidth: width,
    outputChannels,
    side,
    stride,
    pad,
  };
  const both: Width = widthOf(sourceChannels) === 4 && widthOf(outputChannels) === 4 ? 4 : 1;
  const tile: Tile =
    both === 4
      ? programs.tile('inputGradient', (images * height * width) / stride ** 2, outputChannels)
      : DIRECT;
  const variant: ImplicitGemmVariant = {
    backward: true,
    pointwise: both === 4 && side === 1 && pad === 0,
    inner: both,
    outer: both,
    few: null,
    tile,
  };
  return {
    name: implicitGemmName(variant),
    run: () => runImplicitGemm(variant, shape, { x: dz, kernel, addend, mask }, false),
  };
}

export function planKernelGradient(
  inputs: KernelGradientInputs,
  attributes: KernelGradientAttributes,
): Plan<tf.Tensor4D> {
  return channelProducts(inputs, attributes) as Plan<tf.Tensor4D>; // without coefficients the result is [k, k, c_in, c_out]
}

export function planAtomGradient(
  inputs: AtomGradientInputs,
  attributes: KernelGradientAttributes,
): Plan<tf.Tensor2D> {
  return channelProducts(inputs, attributes) as Plan<tf.Tensor2D>; // with coefficients the result is [m, k²]
}

export function planMaxPool({ x }: MaxPoolInputs, attributes: PoolAttributes): Plan<tf.Tensor4D> {
  const program = maxPoolProgram(widthOf(shapeOf(x)[3]));
  return { name: program.name, run: () => runMaxPool(program, x, attributes) };
}

export function planMaxPoolGradient(
  inputs: MaxPoolGradientInputs,
  attributes: PoolGradientAttributes,
): Plan<tf.Tensor4D> {
  const program = maxPoolGradientProgram(widthOf(shapeOf(inputs.x)[3]));
  return { name: program.name, run: () => runMaxPoolGradient(program, inputs, attributes) };
}

export function planAtomKernel({ folded, coefficients, change }: AtomKernelInputs): Plan<tf.Tensor4D> {
  const [side] = folded.shape;
  const program = atomKernelProgram(side * side, widthOf(numbersIn(folded) / side ** 2));
  return { name: program.name, run: () => runAtomKernel(program, { folded, coefficients, change }) };
}

export function planCoreKernel({ folded, inputs, outputs }: CoreKernelInputs): Plan<tf.Tensor4D> {
  const program = coreKernelProgram(widthOf(outputs.shape[2]));
  return { name: program.name, run: () => runCoreKernel(program, { folded, inputs, outputs }) };
}

export const webgpuAtomKernel = optimized(planAtomKernel);
export const webgpuConvolution = optimized(planConvolution);
export const webgpuCoreKernel = optimized(planCoreKernel);
export const webgpuMatMul = optimized(planMatMul);
export const webgpuInputGradient = optimized(planInputGradient);
export const webgpuKernelGradient = optimized(planKernelGradient);
export const webgpuAtomGradient = optimized(planAtomGradient);
export const webgpuMaxPool = optimized(planMaxPool);
export const webgpuMaxPoolGradient = optimized(planMaxPoolGradient);

function optimized<I, A, O extends tf.Tensor>(
  plan: (inputs: I, attributes: A) => Plan<O>,
): (inputs: I, attributes: A) => O | null {
  return (inputs, attributes) => {
    const { name, run } = plan(inputs, attributes);
    return devicePrograms().works(name) ? run() : null;
  };
}

/** The plan of both the kernel gradient and, with `coefficients`, the atom gradient. */
function channelProducts(
  { x, dz, coefficients }: KernelGradientInputs & Partial<Pick<AtomGradientInputs, 'coefficients'>>,
  { k, stride, pad }: KernelGradientAttributes,
): Plan<tf.Tensor> {
  const programs = devicePrograms();
  const [images, sourceHeight, sourceWidth, sourceChannels] = shapeOf(x);
  const [, outputHeight, outputWidth, outputChannels] = dz.shape;
  const shape: KernelGradientShape = {
    images,
    sourceHeight,
    sourceWidth,
    sourceChannels,
    outputHeight,
    outputWidth,
    outputChannels,
    side: k,
    stride,
    pad,
  };
  const variant: KernelGradientVariant = {
    inner: widthOf(sourceChannels),
    outer: widthOf(outputChannels),
    atoms: coefficients !== undefined,
    tile: DIRECT,
  };
  if (variant.outer === 1) variant.inner = 1;
  if (fours(variant)) variant.tile = programs.tile('kernelGradient', sourceChannels, outputChannels, k * k);
  else if (sourceChannels < DIRECT.rows) variant.tile = fewRows(sourceChannels);
  const splits = splitsOf(variant, shape, programs.tiles.workgroups);
  return {
    name: kernelGradientName(variant),
    run: () => runKernelGradient(variant, shape, { x, dz, coefficients }, splits),
  };
}

/** The least number of positions per split: with fewer, writing and adding partial sums costs more than the parallelism gains. */
const POSITIONS_PER_SPLIT = 128;

/** The largest size of all partial kernel gradients together, in bytes. */
const LARGEST_PARTS = 2 ** 26;

/** The number of splits of the long axis that keeps the device busy. */
function splitsOf(
  { tile, atoms }: KernelGradientVariant,
  shape: KernelGradientShape,
  wanted: number,
): number {
  const { across, down } = workgroups(tile, shape);
  const taps = shape.side ** 2;
  const lines = shape.images * shape.outputHeight;
  const most = [
    Math.ceil(wanted / (across * down * taps)),
    Math.floor((lines * shape.outputWidth) / POSITIONS_PER_SPLIT),
    lines,
    atoms
      ? Number.POSITIVE_INFINITY
      : LARGEST_PARTS / (4 * taps * shape.sourceChannels * shape.outputChannels),
  ];
  return Math.max(1, Math.floor(Math.min(...most)));
}

function fours({ inner, outer }: { inner: Width; outer: Width }): boolean {
  return inner === 4 && outer === 4;
}
