/**
 * The walk over a graph, forward and backward. The forward pass keeps only the values that gradients read; the backward pass frees
 * every value and gradient after its last use, and stops at the lowest trained node. So the peak memory is the kept values and a few
 * gradients; an autodiff tape would keep all of them.
 *
 * The same walk infers (nothing is trained, so nothing is kept), trains, and plans memory: its values are tensors, or their sizes.
 */
import type { InParts } from '../turns';
import { entryOf, type Graph, type Node, nodesBetween } from './graph';
import type { Backward, MapShape } from './operation';
import { gradientReads, isRelu, passesGradient } from './operations';

/** What computes the values of a walk. */
export interface Machine<V> {
  shapeOf(value: V): MapShape;
  forward(node: Node, inputs: readonly V[]): V;
  /** The gradient of a trained node's weights, which does not become a value of the walk. */
  weightGradient(node: Node, x: V, dz: V): void;
  inputGradient(node: Node, input: number, given: Backward<V>): V;
  free(value: V): void;
}

export interface WalkOptions {
  /** The stage whose entering value is given, 0 for the network's input. Nothing below it is trained. */
  from?: number;
  /** The stage up to whose entering value is computed; the network's output if absent. */
  before?: number | undefined;
  isTrained?: (node: Node) => boolean;
  /** Keeps only what blocks hand on, and computes the rest of a block again in the backward pass. */
  gradientCheckpointing?: boolean;
}

const IS_FROZEN = () => false;

export class Walk<V> {
  readonly #nodes: readonly Node[];
  readonly #start: string;
  readonly #end: string;
  readonly #isTrained: (node: Node) => boolean;
  readonly #plan: Plan;
  readonly #values = new Map<string, V>();
  readonly #shapes = new Map<string, MapShape>();
  /** Of the values whose gradient is not complete yet, or not yet passed on. */
  readonly #gradients = new Map<string, V>();
  /** Of a gradient that belongs to several values, the number of these beyond one. */
  readonly #shared = new Map<V, number>();
  readonly #given = new Set<V>();

  constructor(
    readonly graph: Graph,
    readonly machine: Machine<V>,
    { from = 0, before, isTrained = IS_FROZEN, gradientCheckpointing = false }: WalkOptions = {},
  ) {
    this.#start = entryOf(graph, from);
    this.#end = before === undefined ? graph.output : entryOf(graph, before);
    this.#nodes = nodesBetween(graph, this.#start, this.#end);
    this.#isTrained = isTrained;
    this.#plan = planOf(this.#nodes, isTrained, gradientCheckpointing);
  }

  /** The output for this input. Both are the caller's. `onEntry` sees the values that enter the stages. */
  *forward(input: V, onEntry: (stage: number, value: V) => void = () => {}): InParts<V> {
    this.#given.add(input);
    this.#take(this.#start, input);
    for (const [index, node] of this.#nodes.entries()) {
      if (index > 0) yield index / this.#nodes.length;
      this.#compute(node);
      const entry = this.graph.entries.indexOf(node.id);
      if (entry >= 0) onEntry(entry + 1, this.#valueOf(node.id));
      for (const value of this.#plan.freedForward.get(node) ?? []) this.#drop(value);
    }
    const output = this.#valueOf(this.#end);
    this.#given.add(output);
    return output;
  }

  /** Hands the weight gradients of the trained nodes to the machine, from the last to the first. `dOutput` stays the caller's. */
  *backward(dOutput: V): InParts<void> {
    const { reached, again } = this.#plan;
    if (!reached.has(this.#end)) return;
    this.#given.add(dOutput);
    this.#gradients.set(this.#end, dOutput);
    let block: string | null = null;
    let passed = 0;
    try {
      for (const node of [...this.#nodes].reverse()) {
        const dz = this.#gradients.get(node.id);
        if (dz === undefined) continue;
        const done = passed++ / reached.size;
        yield done;
        if (node.block !== block) {
          for (const missing of again.get(node.block) ?? []) {
            this.#compute(missing);
            yield done;
          }
        }
        block = node.block;
        if (this.#isTrained(node)) {
          this.machine.weightGradient(node, this.#valueOf(node.inputs[0] ?? ''), dz);
          yield done;
        }
        for (const [index, input] of node.inputs.entries()) {
          if (!reached.has(input)) continue;
          this.#pass(node, index, input, dz);
          yield done;
        }
        this.#gradients.delete(node.id);
        this.#release(dz);
        for (const value of this.#plan.freedBackward.get(node) ?? []) this.#drop(value);
      }
    } finally {
      this.dispose();
    }
  }

  /** Frees what is kept, at any time. */
  dispose(): void {
    for (const name of [...this.#values.keys()]) this.#drop(name);
    for (const gradient of this.#gradients.values()) this.#release(gradient);
    this.#gradients.clear();
  }

  /** Adds what the node passes on of the gradient of its output to the gradient of one of its inputs. */
  #pass(node: Node, index: number, input: string, dz: V): void {
    const addend = this.#gradients.get(input) ?? null;
    const mask = this.#plan.maskedBy.get(input) === node ? this.#valueOf(input) : null;
    const { inputs, output } = gradientReads(node, index);
    let gradient: V;
    if (!passesGradient(node, index)) {
      gradient = this.machine.inputGradient(node, index, {
        dz,
        inputs: node.inputs.map((each, at) => (inputs.includes(at) ? this.#valueOf(each) : null)),
        output: output ? this.#valueOf(node.id) : null,
        shape: this.#shapeOf(input),
        addend,
        mask,
      });
    } else if (mask || addend !== null) {
      throw new Error(`${node.id} would be the last to pass a gradient to ${input}.`);
    } else {
      this.#shared.set(dz, (this.#shared.get(dz) ?? 0) + 1);
      gradient = dz;
    }
    this.#gradients.set(input, gradient);
    if (addend !== null) this.#release(addend);
  }

  #compute(node: Node): void {
    const inputs = node.inputs.map((input) => this.#valueOf(input));
    this.#take(node.id, this.machine.forward(node, inputs));
  }

  #take(name: string, value: V): void {
    this.#values.set(name, value);
    this.#shapes.set(name, this.machine.shapeOf(value));
  }

  #drop(name: string): void {
    const value = this.#values.get(name);
    if (value === undefined) return;
    this.#values.delete(name);
    if (!this.#given.has(value)) this.machine.free(value);
  }

  #release(gradient: V): void {
    const others = this.#shared.get(gradient) ?? 0;
    if (others > 0) this.#shared.set(gradient, others - 1);
    else if (!this.#given.has(gradient)) this.machine.free(gradient);
  }

  #valueOf(name: string): V {
    const value = this.#values.get(name);
    if (value === undefined) throw new Error(`${name} was not kept.`);
    return value;
  }

  #shapeOf(name: string): MapShape {
    const shape = this.#shapes.get(name);
    if (!shape) throw new Error(`${name} was not computed.`);
    return shape;
  }
}

/** The output of a walk that trains nothing. */
export function* infer<V>(walk: Walk<V>, input: V, onEntry?: (stage: number, value: V) => void): InParts<V> {
  try {
    return yield* walk.forward(input, onEntry);
  } finally {
    walk.dispose();
  }
}

/** What follows for a walk from which nodes are trained. */
interface Plan {
  /** The values that a gradient reaches. */
  reached: ReadonlySet<string>;
  /** The node that is the last to add to the gradient of a ReLU's output, and so applies the ReLU's own gradient. */
  maskedBy: ReadonlyMap<string, Node>;
  /** The nodes that are computed again before the backward pass of a block, by block. */
  again: ReadonlyMap<string, readonly Node[]>;
  /** The values that a node is the last to use in the forward pass and that are not kept, and in the backward pass. */
  freedForward: ReadonlyMap<Node, readonly string[]>;
  freedBackward: ReadonlyMap<Node, readonly string[]>;
}

function planOf(
  nodes: readonly Node[],
  isTrained: (node: Node) => boolean,
  gradientCheckpointing: boolean,
): Plan {
  const makers = new Map(nodes.map((node) => [node.id, node]));
  const reached = new Set<string>();
  const lastUse = new Map<string, Node>();
  const handedOn = new Set<string>();
  for (const node of nodes) {
    if (isTrained(node) || node.inputs.some((input) => reached.has(input))) reached.add(node.id);
    for (const input of node.inputs) {
      lastUse.set(input, node);
      if (makers.get(input)?.block !== node.block) handedOn.add(input);
    }
  }
  // In the order of the backward pass, so the last entry is the last reader.
  const lastRead = new Map<string, Node>();
  const maskedBy = new Map<string, Node>();
  const again = new Map<string, Node[]>();
  for (const node of [...nodes].reverse()) {
    const read = (value = '') => lastRead.set(value, node);
    if (isTrained(node)) read(node.inputs[0]);
    for (const [index, input] of node.inputs.entries()) {
      if (!reached.has(input)) continue;
      const { inputs, output } = gradientReads(node, index);
      for (const each of inputs) read(node.inputs[each]);
      if (output) read(node.id);
      const maker = makers.get(input);
      if (!maker || !isRelu(maker)) continue;
      maskedBy.set(input, node);
      read(input);
    }
    if (!gradientCheckpointing || !lastRead.has(node.id) || handedOn.has(node.id)) continue;
    again.set(node.block, [node, ...(again.get(node.block) ?? [])]);
    // A block is computed again before any of its nodes is passed, so its inputs only have to be there until one of them.
    for (const input of node.inputs) if (lastRead.get(input)?.block !== node.block) read(input);
  }
  const isKept = (value: string) =>
    lastRead.has(value) && (!gradientCheckpointing || handedOn.has(value) || !makers.has(value));
  const byNode = (last: ReadonlyMap<string, Node>, isFreed: (value: string) => boolean) => {
    const freed = new Map<Node, string[]>();
    for (const [value, node] of last)
      if (isFreed(value)) freed.set(node, [...(freed.get(node) ?? []), value]);
    return freed;
  };
  return {
    reached,
    maskedBy,
    again,
    freedForward: byNode(lastUse, (value) => !isKept(value)),
    freedBackward: byNode(lastRead, () => true),
  };
}
