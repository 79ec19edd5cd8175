/**
 * A network as data: nodes in the order in which they are computed. Everything else is derived from it by the walks beside this file:
 * inference and training (walk.ts), and the memory that they take (memory.ts).
 */
import type { ConvolutionSpec } from '../backbone/layout';

/** What every node has. */
interface Named {
  /** The name of the node and of its output. */
  id: string;
  /** The names of its inputs: nodes before it, or the graph's input. */
  inputs: readonly string[];
  /** With gradient checkpointing, the nodes of one block are computed again together. */
  block: string;
}

/** y = ReLU?(conv(x, kernel) + bias + residual); the residual is the second input, if there is one. */
export interface ConvolutionNode extends Named {
  op: 'convolution';
  spec: ConvolutionSpec;
  relu: boolean;
}

/** The maximum of every window; its input is not negative. */
export interface MaxPoolNode extends Named {
  op: 'maxPool';
  kernel: number;
  stride: number;
  pad: number;
}

/** The mean over height and width, `[n, c]`. */
export interface GlobalAveragePoolNode extends Named {
  op: 'globalAveragePool';
}

export type Node = ConvolutionNode | MaxPoolNode | GlobalAveragePoolNode;
export type NodeOf<Op extends Node['op']> = Extract<Node, { op: Op }>;

export interface Graph {
  /** The name of the images `[n, size, size, 3]`. */
  input: string;
  nodes: readonly Node[];
  /**
   * The values that enter the stages, from stage 1, and last the output of the last stage. Nothing else of what is before such a value is
   * read after it.
   */
  entries: readonly string[];
  /** The output: the features `[n, features]`. */
  output: string;
  features: number;
}

/** The nodes between two values, in order: after `from` (from the first node if it is the input), up to and including `to`. */
export function nodesBetween({ input, nodes }: Graph, from: string, to: string): readonly Node[] {
  const at = (id: string) => {
    const index = nodes.findIndex((node) => node.id === id);
    if (index < 0) throw new Error(`The graph has no node ${id}.`);
    return index + 1;
  };
  return nodes.slice(from === input ? 0 : at(from), at(to));
}

/** The value that enters a stage: 0 is the whole network. */
export function entryOf({ input, entries }: Pick<Graph, 'input' | 'entries'>, stage: number): string {
  if (stage === 0) return input;
  const entry = entries[stage - 1];
  if (entry === undefined) throw new Error(`The graph has no stage ${stage}.`);
  return entry;
}

/** The number of stages. */
export const stagesOf = ({ entries }: Pick<Graph, 'entries'>): number => entries.length - 1;
