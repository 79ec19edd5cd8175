/**
 * Tensors that do not change, and derived tensors (such as a transposed kernel) that a backend caches for them instead of
 * recomputing them at every step. Each optimized kernel decides what it caches; one that reads a tensor in its stored layout
 * caches nothing.
 */
import * as tf from '@tensorflow/tfjs';

/** Keyed by the tensor's data, so that reshaped views share an entry. */
const forms = new WeakMap<tf.DataId, Map<string, tf.Tensor>>();

/** Declares that the tensor will not change until `releaseFrozen`. */
export function declareFrozen(tensor: tf.Tensor): void {
  forms.set(tensor.dataId, new Map());
}

export function isFrozen(tensor: tf.Tensor): boolean {
  return forms.has(tensor.dataId);
}

/** The derived tensor `name` of `tensor`: cached if the tensor is frozen, else computed again. Must be freed by a scope, not explicitly. */
export function formOf<T extends tf.Tensor>(tensor: tf.Tensor, name: string, make: () => T): T {
  const kept = forms.get(tensor.dataId);
  if (!kept) return make();
  const known = kept.get(name);
  if (known) return known as T; // made by the same `make` under this name
  const made = tf.keep(tf.tidy(make));
  kept.set(name, made);
  return made;
}

/** Frees the cached derived tensors; the tensor itself belongs to its owner. */
export function releaseFrozen(tensor: tf.Tensor): void {
  tf.dispose([...(forms.get(tensor.dataId)?.values() ?? [])]);
  forms.delete(tensor.dataId);
}
