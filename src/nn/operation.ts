/** An operation of a network, in one folder of `ops/`: its shape rule, its forward pass, its gradient and the memory that these take. */
import type * as tf from '@tensorflow/tfjs';
import type { Convolution, TunedConvolution } from '../backbone/backbone';
import type { ConvolutionNode, Node, NodeOf } from './graph';
import type { Memory } from './memory';

/** Height, width and channels of one image's values; height and width are 1 for a vector. */
export type MapShape = readonly [height: number, width: number, channels: number];

/** What the gradient of an input is computed from. */
export interface Backward<V> {
  /** The gradient of the node's output, before its ReLU if it has one. */
  dz: V;
  /** The node's inputs and output; null if `gradientReads` does not ask for them. */
  inputs: readonly (V | null)[];
  output: V | null;
  /** The shape of the input whose gradient is wanted. */
  shape: MapShape;
  /** Added to the gradient. */
  addend: V | null;
  /** The output of the ReLU that made the input: where it is not positive, the result is zero. */
  mask: V | null;
}

/** The values that a gradient is computed from beside ∂L/∂z: these inputs, and whether the output. */
export interface Reads {
  inputs: readonly number[];
  output: boolean;
}

export const READS_NOTHING: Reads = { inputs: [], output: false };

/** A convolution's weights: those of the pretrained network, and what is tuned of them. */
export interface Weights {
  frozen: Convolution;
  tuned: TunedConvolution | undefined;
}

/** What a tensor operation needs to know beside its inputs. */
export interface TensorContext {
  weights: (node: ConvolutionNode) => Weights;
  /** Whether activations are stored in fp16. */
  fp16: boolean;
}

export interface Operation<N extends Node> {
  shape(node: N, inputs: readonly MapShape[]): MapShape;
  /** Whether the gradient of this input is ∂L/∂z itself. */
  passesGradient?(input: number): boolean;
  /** What the gradient of this input reads; nothing if absent. */
  gradientReads?(input: number): Reads;
  /** The output, `[n, height, width, channels]`, or `[n, channels]` for a vector. */
  forward(node: N, inputs: readonly tf.Tensor4D[], context: TensorContext): tf.Tensor;
  inputGradient(node: N, given: Backward<tf.Tensor4D>, input: number, context: TensorContext): tf.Tensor4D;
  memory?: OperationMemory<N>;
}

/** The memory that an operation takes for a while beside its result, given the numbers in its first input and in its output. */
export interface OperationMemory<N extends Node> {
  forward?(memory: Memory, node: N, numbers: { input: number; output: number }): void;
  inputGradient?(memory: Memory, node: N, numbers: { input: number }): void;
}

export type Operations = { readonly [Name in Node['op']]: Operation<NodeOf<Name>> };
