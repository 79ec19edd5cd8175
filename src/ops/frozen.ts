/**
 * Tensors that do not change, and other forms of them that a backend keeps so as not to make them at every step. Which
 * forms, and whether it pays, is the backend's own matter: one that reads a tensor as it lies keeps none.
 */
import * as tf from '@tensorflow/tfjs';

/** By the tensor's data, so that a reshaped view counts as the same. */
const forms = new WeakMap<tf.DataId, Map<string, tf.Tensor>>();

/** Promises that the tensor stays as it is until `releaseFrozen`. */
export function declareFrozen(tensor: tf.Tensor): void {
  forms.set(tensor.dataId, new Map());
}

export function isFrozen(tensor: tf.Tensor): boolean {
  return forms.has(tensor.dataId);
}

/** A form of the tensor: kept and shared where it is frozen, else made anew. To be freed by a scope, not by hand. */
export function formOf<T extends tf.Tensor>(tensor: tf.Tensor, name: string, make: () => T): T {
  const kept = forms.get(tensor.dataId);
  if (!kept) return make();
  const known = kept.get(name);
  if (known) return known as T; // made by the same `make` under this name
  const made = tf.keep(tf.tidy(make));
  kept.set(name, made);
  return made;
}

/** Frees the kept forms; the tensor itself is its owner's. */
export function releaseFrozen(tensor: tf.Tensor): void {
  tf.dispose([...(forms.get(tensor.dataId)?.values() ?? [])]);
  forms.delete(tensor.dataId);
}
