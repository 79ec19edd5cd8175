/** Number formats of the page. A no-break space keeps each number on one line with its unit. */
import type { Progress } from '../../src/core/progress';

const grouped = new Intl.NumberFormat('en');
const threeDigits = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** `2,565` */
export const count = (value: number) => grouped.format(value);

/** `1 image`, `500 images` */
export const counted = (value: number, one: string, many = `${one}s`) =>
  `${count(value)} ${value === 1 ? one : many}`;

/** `1.46 M`, `23.5 k`; exact below 10,000. */
export function short(value: number): string {
  if (value >= 1e6) return `${threeDigits.format(value / 1e6)}\u00a0M`;
  if (value >= 1e4) return `${threeDigits.format(value / 1e3)}\u00a0k`;
  return count(value);
}

/** `8.6 kB`, `2.15 GB`, decimal units. */
export function bytes(value: number): string {
  if (value < 1000) return `${value}\u00a0B`;
  if (value < 1e6) return `${threeDigits.format(value / 1e3)}\u00a0kB`;
  if (value < 999.5e6) return `${threeDigits.format(value / 1e6)}\u00a0MB`;
  return `${threeDigits.format(value / 1e9)}\u00a0GB`;
}

/** `55.0 %`, from a proportion. */
export const percent = (proportion: number, digits = 1) => `${(100 * proportion).toFixed(digits)}\u00a0%`;

/** `38.7–78.1 %`: an interval of proportions. It is not symmetric, so it is not written with ±. */
export const range = ({ low, high }: { low: number; high: number }, digits = 1) =>
  `${(100 * low).toFixed(digits)}–${percent(high, digits)}`;

/** `60.0 % (38.7–78.1 %)`: a proportion with its interval; `…` if the interval is still being computed. */
export const withRange = (proportion: number, interval: { low: number; high: number } | null) =>
  `${percent(proportion)} (${interval ? range(interval) : PENDING})`;

/** Shown instead of a value that is still being computed. */
export const PENDING = '…';

/** `8 s`, `2 min 05 s`, `1 h 10 min` */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** `12 of 96 · about 25 s left`, or `30 %` of something that is not counted; the time left as soon as it is known. */
export function progressWords({ done, total, share = done / total, secondsLeft }: Progress): string {
  const part = total > 1 ? `${count(done)} of ${count(total)}` : percent(share, 0);
  return secondsLeft === undefined ? part : `${part} · ${timeLeft(secondsLeft)}`;
}

/** `about 8 s left`: whole seconds, because an estimate is not more accurate. */
export const timeLeft = (seconds: number) =>
  `about ${seconds < 9.5 ? `${Math.max(1, Math.round(seconds))} s` : duration(seconds)} left`;

/** `40 s`, `32 min`, `1.3 h`, `12 h`: a rough estimate. */
export function roughDuration(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  const hours = seconds / 3600;
  return `${hours < 9.95 ? Number(hours.toFixed(1)) : count(Math.round(hours))} h`;
}

/** `41.3`, `410` */
export const rate = (value: number) => (value < 100 ? value.toFixed(1) : count(Math.round(value)));

/** A measured number with three digits: `0.0123`, or `1.2e-5` if that is shorter. */
export function measured(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size < 1e-3 || size >= 1e5 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

/** `+1.3`, `−0.4`: a difference of proportions in percentage points. */
export const points = (difference: number) =>
  `${difference < 0 ? '−' : '+'}${Math.abs(100 * difference).toFixed(1)}`;

/** `0.024`, `< 0.001` */
export const pValue = (p: number) => (p < 0.001 ? '< 0.001' : p.toFixed(3));
