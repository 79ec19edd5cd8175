/** The table of operations, and what the walks ask it. A new operation is a folder of `ops/`, its node in graph.ts and a line here. */
import type { Node } from './graph';
import { type MapShape, type Operation, type Operations, READS_NOTHING, type Reads } from './operation';
import { convolutionOperation } from './ops/convolution/operation';
import { globalAveragePoolOperation } from './ops/global-average-pool/operation';
import { maxPoolOperation } from './ops/max-pool/operation';

const OPERATIONS: Operations = {
  convolution: convolutionOperation,
  maxPool: maxPoolOperation,
  globalAveragePool: globalAveragePoolOperation,
};

/** The operation of a node. */
export const operationOf = <N extends Node>(node: N): Operation<N> =>
  OPERATIONS[node.op] as unknown as Operation<N>; // the table has each under its own name

export const passesGradient = (node: Node, input: number): boolean =>
  operationOf(node).passesGradient?.(input) ?? false;

export const gradientReads = (node: Node, input: number): Reads =>
  operationOf(node).gradientReads?.(input) ?? READS_NOTHING;

export const shapeOfOutput = (node: Node, inputs: readonly MapShape[]): MapShape =>
  operationOf(node).shape(node, inputs);

/** Whether the node's last part is a ReLU. */
export const isRelu = (node: Node): boolean => node.op === 'convolution' && node.relu;
