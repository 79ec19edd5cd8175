/** Computes the walk over tensors. */
import type * as tf from '@tensorflow/tfjs';
import { shapeOf } from '../ops/fp16';
import type { Node } from './graph';
import type { Backward, MapShape, TensorContext } from './operation';
import { operationOf } from './operations';
import type { Machine } from './walk';

export class TensorMachine implements Machine<tf.Tensor4D> {
  constructor(
    private readonly context: TensorContext,
    private readonly onWeights: (node: Node, x: tf.Tensor4D, dz: tf.Tensor4D) => void = () => {},
  ) {}

  shapeOf(value: tf.Tensor4D): MapShape {
    if (value.rank === 2) return [1, 1, value.shape[1] ?? 0];
    const [, height, width, channels] = shapeOf(value);
    return [height, width, channels];
  }

  forward(node: Node, inputs: readonly tf.Tensor4D[]): tf.Tensor4D {
    return operationOf(node).forward(node, inputs, this.context) as tf.Tensor4D; // a vector only where a node asks for one
  }

  weightGradient(node: Node, x: tf.Tensor4D, dz: tf.Tensor4D): void {
    this.onWeights(node, x, dz);
  }

  inputGradient(node: Node, input: number, given: Backward<tf.Tensor4D>): tf.Tensor4D {
    return operationOf(node).inputGradient(node, given, input, this.context);
  }

  free(value: tf.Tensor4D): void {
    value.dispose();
  }
}
