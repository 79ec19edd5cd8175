/**
 * Factor on the learning rate at `step` of `steps`: a linear climb over the first `warmup` part, times a half-cosine to zero
 * (docs/method.md §5).
 */
export function learningRateFactor(step: number, steps: number, warmup: number): number {
  const climb = warmup > 0 ? Math.min(1, (step + 1) / (warmup * steps)) : 1;
  return climb * 0.5 * (1 + Math.cos((Math.PI * step) / steps));
}
