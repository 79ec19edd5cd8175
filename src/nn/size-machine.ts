/** Computes the walk over sizes in place of tensors: what it allocates and frees is what the walk over tensors does. */
import type { Node } from './graph';
import type { Held, Memory } from './memory';
import type { Backward, MapShape } from './operation';
import { operationOf, shapeOfOutput } from './operations';
import type { Machine } from './walk';

/** The size of `n` images' values of this shape; null if they belong to somebody else. */
export interface Size {
  n: number;
  shape: MapShape;
  held: Held | null;
}

export const numbersIn = ([height, width, channels]: MapShape): number => height * width * channels;

export class SizeMachine implements Machine<Size> {
  /**
   * @param onWeights takes the memory of the gradients of a trained node's weights, for inputs and gradients of these sizes
   */
  constructor(
    readonly memory: Memory,
    private readonly onWeights: (node: Node, x: Size, dz: Size) => void = () => {},
  ) {}

  shapeOf({ shape }: Size): MapShape {
    return shape;
  }

  forward(node: Node, inputs: readonly Size[]): Size {
    const n = inputs[0]?.n ?? 0;
    const shape = shapeOfOutput(
      node,
      inputs.map((input) => input.shape),
    );
    const held = this.memory.take('activations', n * numbersIn(shape));
    const numbers = { input: n * numbersIn(inputs[0]?.shape ?? shape), output: n * numbersIn(shape) };
    operationOf(node).memory?.forward?.(this.memory, node, numbers);
    return { n, shape, held };
  }

  weightGradient(node: Node, x: Size, dz: Size): void {
    this.onWeights(node, x, dz);
  }

  inputGradient(node: Node, _input: number, { dz: { n }, shape }: Backward<Size>): Size {
    const held = this.memory.take('working', n * numbersIn(shape));
    operationOf(node).memory?.inputGradient?.(this.memory, node, { input: n * numbersIn(shape) });
    return { n, shape, held };
  }

  free({ held }: Size): void {
    this.memory.free(held);
  }
}
