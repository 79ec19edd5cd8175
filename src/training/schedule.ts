/**
 * The factor on the learning rate at `step` of `steps`: a linear warm-up over the first `warmup` fraction, times a half-cosine decay
 * to zero (docs/method.md §5; the warm-up multiplies the cosine, as in the PyTorch reference).
 */
export function learningRateFactor(step: number, steps: number, warmup: number): number {
  const climb = warmup > 0 ? Math.min(1, (step + 1) / (warmup * steps)) : 1;
  return climb * 0.5 * (1 + Math.cos((Math.PI * step) / steps));
}
