/**
 * Kernels that do not change, and other forms of them that a backend keeps so as not to make them at every step. Which
 * forms, and whether it pays, is the backend's own matter: one that reads kernels as they lie keeps none.
 */
import * as tf from '@tensorflow/tfjs';

/** By the kernel's data, so that a reshaped view counts as the same. */
const forms = new WeakMap<tf.DataId, Map<string, tf.Tensor>>();

/** Promises that the kernel stays as it is until `releaseFrozen`. */
export function declareFrozen(kernel: tf.Tensor): void {
  forms.set(kernel.dataId, new Map());
}

export function isFrozen(kernel: tf.Tensor): boolean {
  return forms.has(kernel.dataId);
}

/** A form of the kernel: kept and shared where it is frozen, else made anew. Its owner is not the caller. */
export function formOf<T extends tf.Tensor>(kernel: tf.Tensor, name: string, make: () => T): T {
  const kept = forms.get(kernel.dataId);
  if (!kept) return make();
  const known = kept.get(name);
  if (known) return known as T; // made by the same `make` under this name
  const made = tf.keep(tf.tidy(make));
  kept.set(name, made);
  return made;
}

/** Frees the kept forms; the kernel itself is its owner's. */
export function releaseFrozen(kernel: tf.Tensor): void {
  tf.dispose([...(forms.get(kernel.dataId)?.values() ?? [])]);
  forms.delete(kernel.dataId);
}
