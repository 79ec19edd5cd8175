/** The two memory orders of a convolution kernel: PyTorch's `[c_out, c_in, k, k]` and tfjs' `[k, k, c_in, c_out]`. */

/** PyTorch → tfjs. `kernel` is the side in pixels. */
export function toTfjsOrder(values: Float32Array, cOut: number, cIn: number, kernel: number): Float32Array {
  const taps = kernel * kernel;
  const result = new Float32Array(values.length);
  let from = 0;
  for (let o = 0; o < cOut; o++) {
    for (let i = 0; i < cIn; i++) {
      for (let tap = 0; tap < taps; tap++) result[(tap * cIn + i) * cOut + o] = values[from++] ?? 0;
    }
  }
  return result;
}
