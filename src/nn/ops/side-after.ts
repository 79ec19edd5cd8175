/** The output's side of a window that moves over an input of this side. */
export const sideAfter = (
  { kernel, stride, pad }: { kernel: number; stride: number; pad: number },
  side: number,
): number => Math.floor((side + 2 * pad - kernel) / stride) + 1;
