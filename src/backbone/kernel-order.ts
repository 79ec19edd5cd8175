/**
 * PyTorch's memory order `[c_out, c_in, t]` → tfjs' `[t, c_in, c_out]`. For a kernel t = k², the taps of a channel pair; for
 * coefficients t = m.
 */
export function toTfjsOrder(values: Float32Array, cOut: number, cIn: number): Float32Array {
  const perPair = values.length / (cOut * cIn);
  const result = new Float32Array(values.length);
  let from = 0;
  for (let o = 0; o < cOut; o++) {
    for (let i = 0; i < cIn; i++) {
      for (let t = 0; t < perPair; t++) result[(t * cIn + i) * cOut + o] = values[from++] ?? 0;
    }
  }
  return result;
}

/** tfjs' memory order `[t, c_in, c_out]` → PyTorch's `[c_out, c_in, t]`. */
export function toPyTorchOrder(values: Float32Array, cOut: number, cIn: number): Float32Array {
  const perPair = values.length / (cOut * cIn);
  const result = new Float32Array(values.length);
  let to = 0;
  for (let o = 0; o < cOut; o++) {
    for (let i = 0; i < cIn; i++) {
      for (let t = 0; t < perPair; t++) result[to++] = values[(t * cIn + i) * cOut + o] ?? 0;
    }
  }
  return result;
}
