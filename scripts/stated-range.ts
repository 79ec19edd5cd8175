/** `98.5 (96.0–100.0)`: a reference accuracy in percent with its interval of ± `halfWidth`, clipped to 100 %. */
export function statedRange(percent: number, halfWidth: number): string {
  const [low, high] = [Math.max(0, percent - halfWidth), Math.min(100, percent + halfWidth)];
  return `${percent.toFixed(1)} (${low.toFixed(1)}–${high.toFixed(1)})`;
}
