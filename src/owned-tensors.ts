import * as tf from '@tensorflow/tfjs';

/**
 * The tensors that a computation in parts (turns.ts) has made and still needs. A scope of tfjs cannot hold them, because other work
 * opens and closes scopes between two parts. Use it as `try { … } finally { owned.dispose() }`.
 */
export class OwnedTensors {
  readonly #tensors = new Set<tf.Tensor>();

  own<T extends tf.Tensor>(tensor: T): T {
    this.#tensors.add(tensor);
    return tensor;
  }

  ownAll<T extends Record<string, tf.Tensor>>(tensors: T): T {
    for (const tensor of Object.values(tensors)) this.own(tensor);
    return tensors;
  }

  /** Disposes a tensor early. */
  free(tensor: tf.Tensor): void {
    this.#tensors.delete(tensor);
    tensor.dispose();
  }

  /** Leaves these tensors to the caller. */
  handOver<T extends Record<string, tf.Tensor>>(tensors: T): T {
    for (const tensor of Object.values(tensors)) this.#tensors.delete(tensor);
    return tensors;
  }

  /** Disposes all tensors that were not handed over. */
  dispose(): void {
    tf.dispose([...this.#tensors]);
    this.#tensors.clear();
  }
}
