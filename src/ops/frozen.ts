/**
 * Tensors that do not change, and derived tensors (such as a transposed kernel) that a backend caches for them instead of
 * recomputing them at every step. Each optimized kernel decides what it caches; one that reads a tensor in its stored layout
 * caches nothing.
 */
import * as tf from '@tensorflow/tfjs';

/** Keyed by the tensor's data, so that reshaped views share an entry. */
const derived = new WeakMap<tf.DataId, Map<string, tf.Tensor>>();

/** Declares that the tensor will not change until `releaseFrozen`. */
export function declareFrozen(tensor: tf.Tensor): void {
  derived.set(tensor.dataId, new Map());
}

export function isFrozen(tensor: tf.Tensor): boolean {
  return derived.has(tensor.dataId);
}

/** The derived tensor `name` of `tensor`: cached if the tensor is frozen, else computed again. Must be freed by a scope, not explicitly. */
export function derivedTensor<T extends tf.Tensor>(tensor: tf.Tensor, name: string, make: () => T): T {
  const kept = derived.get(tensor.dataId);
  if (!kept) return make();
  const known = kept.get(name);
  if (known) return known as T; // made by the same `make` under this name
  const made = tf.keep(tf.tidy(make));
  kept.set(name, made);
  return made;
}

/** Frees the cached derived tensors; the tensor itself belongs to its owner. */
export function releaseFrozen(tensor: tf.Tensor): void {
  tf.dispose([...(derived.get(tensor.dataId)?.values() ?? [])]);
  derived.delete(tensor.dataId);
}
