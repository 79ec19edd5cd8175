/** Progress on one line that is rewritten. If the output is a file or a pipe, writes a line from time to time instead. */
import { duration, rate, timeLeft } from '../app/ui/format';
import type { Report } from './messages';

/** Minimum time in seconds between two plain lines about the same work. */
const PLAIN_EVERY = 10;

/** The terminal, or the file or pipe that replaces it. */
export type Output = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;

export class ProgressLine {
  readonly #stream: Output;
  readonly #now: () => number;
  #drawn = false;
  #topic = '';
  #said = 0;

  /** `now`: milliseconds since any fixed moment. */
  constructor(stream: Output, now: () => number = () => performance.now()) {
    this.#stream = stream;
    this.#now = now;
  }

  show(report: Report): void {
    if (this.#stream.isTTY) {
      this.#stream.write(`\r\u001b[2K${lineOf(report).slice(0, (this.#stream.columns || 80) - 1)}`);
      this.#drawn = true;
      return;
    }
    if (!report.phase && report.loss === null) return;
    // Only the text before the colon: the text after it changes with every item.
    const topic = `${report.run}, ${report.phase?.label.split(':')[0]}`;
    const now = this.#now() / 1000;
    if (topic === this.#topic && now - this.#said < PLAIN_EVERY) return;
    this.#topic = topic;
    this.#said = now;
    this.#stream.write(`${lineOf(report)}\n`);
  }

  /** Writes a permanent line. */
  say(text: string): void {
    this.clear();
    this.#stream.write(`${text}\n`);
  }

  clear(): void {
    if (this.#drawn) this.#stream.write('\r\u001b[2K');
    this.#drawn = false;
  }
}

/** `Atoms · epoch 2/6 · loss 1.234 · 41.3 images/s · 12 s left` */
export function lineOf({ run, phase, epoch, epochs, loss, imagesPerSecond, secondsLeft }: Report): string {
  const parts: string[] = run === null ? [] : [run];
  if (phase) {
    const { label, done, total, share = done / total, secondsLeft } = phase;
    const part = total > 0 ? ` ${Math.floor(100 * share)} %` : '';
    const left = secondsLeft === undefined ? [] : [timeLeft(secondsLeft)];
    return [...parts, `${label}${part}`, ...left].join(' · ');
  }
  parts.push(`epoch ${epoch}/${epochs}`);
  if (loss !== null) parts.push(`loss ${loss.toFixed(3)}`);
  if (imagesPerSecond > 0) parts.push(`${rate(imagesPerSecond)} images/s`);
  if (secondsLeft !== null) parts.push(`${duration(secondsLeft)} left`);
  return parts.join(' · ');
}
