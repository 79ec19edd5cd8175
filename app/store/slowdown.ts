/**
 * Finds out whether the browser slowed or stopped training, from when the engine computed its steps and when the page itself was hidden,
 * frozen or silent. All times are milliseconds since 1970.
 */
import { rate, roughDuration } from '../ui/format';

/** A training step. */
export interface TimedStep {
  /** Paces are compared between steps of equal settings only. */
  setting: string;
  images: number;
  /** What it took, without pauses. */
  seconds: number;
  at: number;
}

export interface Slowdown {
  /** Images per second while the page was hidden and while it was visible, and for how many seconds of training; null if it was not slowed. */
  slow: { hidden: number; visible: number; seconds: number } | null;
  /** When nothing was computed. */
  still: Stretch[];
}

interface Stretch {
  from: number;
  to: number;
}

/** A beat that is later than this had no processor at all: the computer slept, or the page was frozen. */
const LATE = 20_000;
/** A page that is frozen for less goes unnoticed. */
const SHORTEST_FREEZE = 3000;
/** Messages may arrive this much later than they were sent. */
const SLACK = 1000;
/** What is slower than this proportion was slowed by something; less is noise, such as other programs. */
const CLEARLY = 0.5;
/** Seconds of training that are compared, at least. */
const LEAST = { visible: 2, hidden: 10 };

interface Pace {
  images: number;
  seconds: number;
}

export class SlowdownWatch {
  #isHidden = false;
  /** When the page was hidden, shown or woken; a step around that time is partly of before. */
  #changedAt = Number.NEGATIVE_INFINITY;
  #beatAt: number | null = null;
  #frozenAt: number | null = null;
  /** When the engine reported something since the last beat. */
  #reports: number[] = [];
  /** When the page did nothing. What the engine did then is not known yet. */
  #silent: Stretch[] = [];
  #still: Stretch[] = [];
  #visible = new Map<string, Pace>();
  /** Since the page was last hidden. */
  #hidden = new Map<string, Pace>();

  /** A new absence begins. */
  hide(at: number): void {
    [this.#isHidden, this.#changedAt] = [true, at];
    [this.#hidden, this.#still] = [new Map(), []];
  }

  show(at: number): void {
    [this.#isHidden, this.#changedAt] = [false, at];
  }

  freeze(at: number): void {
    this.#frozenAt = at;
  }

  resume(at: number): void {
    if (this.#frozenAt !== null && at - this.#frozenAt >= SHORTEST_FREEZE) this.#wake(this.#frozenAt, at);
    this.#frozenAt = null;
    if (this.#beatAt !== null) this.#beatAt = at;
  }

  /** Every second while a run trains, also in a hidden page. */
  beat(at: number): void {
    if (this.#beatAt !== null && at - this.#beatAt > LATE) this.#wake(this.#beatAt, at);
    this.#beatAt = at;
    this.#reports = [];
  }

  /** No run trains any more, so the next beat follows no other. */
  rest(): void {
    this.#beatAt = null;
  }

  /** Any report of the engine: it computed until then. */
  report(at: number): void {
    this.#reports.push(at);
    const isOver = ({ to }: Stretch) => at >= to;
    this.#silent = this.#silent.filter((each) => !isWithin(at, each));
    this.#still.push(...this.#silent.filter(isOver));
    this.#silent = this.#silent.filter((each) => !isOver(each));
  }

  /** Has to be reported, too. */
  step({ setting, images, seconds, at }: TimedStep): void {
    if (!(seconds > 0 && Number.isFinite(seconds))) return;
    // Several steps may be reported at a time, with the mean of their times.
    if (at < this.#changedAt + Math.max(SLACK, 5000 * seconds)) return;
    const paces = this.#isHidden ? this.#hidden : this.#visible;
    const before = paces.get(setting) ?? { images: 0, seconds: 0 };
    paces.set(setting, { images: before.images + images, seconds: before.seconds + seconds });
  }

  /** What is known of the last absence. */
  get found(): Slowdown {
    return { slow: this.#slow(), still: [...this.#still] };
  }

  #wake(from: number, to: number): void {
    this.#changedAt = to;
    // Its reports may have arrived before the beat.
    if (!this.#reports.some((at) => isWithin(at, { from, to }))) this.#silent.push({ from, to });
  }

  #slow(): Slowdown['slow'] {
    const slowed = [...this.#hidden].flatMap(([setting, hidden]) => {
      const visible = this.#visible.get(setting);
      if (!visible || visible.seconds < LEAST.visible || hidden.seconds < LEAST.hidden) return [];
      const found = { hidden: paceOf(hidden), visible: paceOf(visible), seconds: hidden.seconds };
      return found.hidden < CLEARLY * found.visible ? [found] : [];
    });
    return slowed.sort((a, b) => b.seconds - a.seconds)[0] ?? null;
  }
}

const isWithin = (at: number, { from, to }: Stretch) => at > from + SLACK && at < to - SLACK;

const paceOf = ({ images, seconds }: Pace) => images / seconds;

const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** What to tell the person; empty if there is nothing to tell. */
export function slowdownWords({ slow, still }: Slowdown): string {
  const words: string[] = [];
  const [first] = still;
  if (first) {
    const seconds = still.reduce((sum, { from, to }) => sum + (to - from) / 1000, 0);
    const since =
      still.length === 1 ? `from ${clock.format(first.from)}` : `in all since ${clock.format(first.from)}`;
    words.push(
      `Nothing was computed for ${roughDuration(seconds)} ${since}: the computer slept or the browser froze the page. The run went on afterwards.`,
    );
  }
  if (slow)
    words.push(
      `The browser slowed this page while it was hidden: ${rate(slow.hidden)} images/s instead of ${rate(slow.visible)}, for ${roughDuration(slow.seconds)}. Keep the tab visible, or in a window of its own, to train at full speed.`,
    );
  return words.join(' ');
}
