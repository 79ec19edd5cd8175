import { describe, expect, it } from 'vitest';
import { SlowdownWatch, slowdownWords } from './slowdown';

const HIDDEN_AT = 100_000;

/** Steps of 8 images, one after another, each of so many seconds, from a time on; beats in between. Returns when the last one ended. */
function train(
  watch: SlowdownWatch,
  from: number,
  until: number,
  seconds: number,
  setting = 'atoms',
): number {
  let at = from;
  while (at + 1000 * seconds <= until) {
    at += 1000 * seconds;
    watch.beat(at);
    watch.report(at);
    watch.step({ setting, images: 8, seconds, at });
  }
  return at;
}

/** Visible until `HIDDEN_AT`, with steps of a second; then hidden. */
function hidden(): SlowdownWatch {
  const watch = new SlowdownWatch();
  train(watch, 0, HIDDEN_AT, 1);
  watch.hide(HIDDEN_AT);
  return watch;
}

describe('training in a hidden page', () => {
  it('was slowed if its pace fell below half', () => {
    const watch = hidden();
    const end = train(watch, HIDDEN_AT, 340_000, 4);
    watch.show(end);
    expect(watch.found.still).toEqual([]);
    expect(watch.found.slow).toMatchObject({ hidden: 2, visible: 8 });
    // The first steps may be partly of before.
    expect(watch.found.slow?.seconds).toBeGreaterThan(210);
    expect(watch.found.slow?.seconds).toBeLessThanOrEqual(240);
    expect(slowdownWords(watch.found)).toBe(
      'The browser slowed this page while it was hidden: 2.0 images/s instead of 8.0, for 4 min. Keep the tab visible, or in a window of its own, to train at full speed.',
    );
  });

  it('was not slowed if its pace stayed nearly the same, or was hidden for a moment', () => {
    const watch = hidden();
    const end = train(watch, HIDDEN_AT, 340_000, 1.9);
    watch.show(end);
    expect(watch.found).toEqual({ slow: null, still: [] });
    watch.hide(end);
    watch.show(train(watch, end, end + 12_000, 4));
    expect(slowdownWords(watch.found)).toBe('');
  });

  it('is not compared with another setting', () => {
    const watch = hidden();
    watch.show(train(watch, HIDDEN_AT, 340_000, 4, 'full'));
    expect(watch.found.slow).toBeNull();
  });

  it('is compared with what follows, too, if the run began in a hidden page', () => {
    const watch = new SlowdownWatch();
    watch.hide(0);
    const end = train(watch, 0, 60_000, 4);
    watch.show(end);
    expect(watch.found.slow).toBeNull();
    train(watch, end, end + 20_000, 1);
    expect(watch.found.slow).toMatchObject({ hidden: 2, visible: 8 });
  });

  it('is measured anew in each absence', () => {
    const watch = hidden();
    const end = train(watch, HIDDEN_AT, 340_000, 4);
    watch.show(end);
    watch.hide(end + 1000);
    watch.show(train(watch, end + 1000, end + 60_000, 1));
    expect(watch.found.slow).toBeNull();
  });
});

describe('a time in which the page did nothing', () => {
  const HALF_PAST = new Date(2026, 10, 27, 13, 30).getTime();
  /** A visible page with steps of a second, which beats no more for so long. */
  function asleep(milliseconds: number): { watch: SlowdownWatch; awake: number } {
    const watch = new SlowdownWatch();
    const from = train(watch, HALF_PAST - 60_000, HALF_PAST, 1);
    watch.beat(from + milliseconds);
    return { watch, awake: from + milliseconds };
  }

  it('is told if the engine did nothing either, when the run goes on', () => {
    const { watch, awake } = asleep(42 * 60_000);
    expect(slowdownWords(watch.found)).toBe('');
    train(watch, awake, awake + 5000, 1);
    expect(slowdownWords(watch.found)).toBe(
      'Nothing was computed for 42 min from 13:30: the computer slept or the browser froze the page. The run went on afterwards.',
    );
  });

  it('is nothing to tell if the engine went on, whether its reports arrive then or when the page is awake', () => {
    const late = asleep(42 * 60_000);
    for (let at = HALF_PAST; at < late.awake + 5000; at += 1000) late.watch.report(at);
    expect(late.watch.found).toEqual({ slow: null, still: [] });
    const watch = new SlowdownWatch();
    const from = train(watch, 0, 10_000, 1);
    for (let at = from; at < from + 120_000; at += 1000) watch.report(at);
    watch.beat(from + 120_000);
    train(watch, from + 120_000, from + 130_000, 1);
    expect(watch.found.still).toEqual([]);
  });

  it('is nothing to tell if it was short', () => {
    const { watch, awake } = asleep(15_000);
    train(watch, awake, awake + 5000, 1);
    expect(watch.found.still).toEqual([]);
  });

  it('is known exactly where the browser says that it freezes the page', () => {
    const watch = hidden();
    watch.freeze(HIDDEN_AT + 1000);
    watch.resume(HIDDEN_AT + 9000);
    train(watch, HIDDEN_AT + 9000, HIDDEN_AT + 20_000, 1);
    watch.show(HIDDEN_AT + 20_000);
    expect(watch.found).toEqual({ slow: null, still: [{ from: HIDDEN_AT + 1000, to: HIDDEN_AT + 9000 }] });
    // The step in which it fell asleep is part of no pace.
    expect(slowdownWords(watch.found)).toContain('Nothing was computed for 8 s');
  });

  it('is added up where there were several', () => {
    const { watch, awake } = asleep(10 * 60_000);
    const end = train(watch, awake, awake + 5000, 1);
    watch.beat(end + 20 * 60_000);
    train(watch, end + 20 * 60_000, end + 20 * 60_000 + 5000, 1);
    expect(slowdownWords(watch.found)).toContain('for 30 min in all since 13:30');
  });

  it('is not one between two runs', () => {
    const watch = new SlowdownWatch();
    const end = train(watch, 0, 10_000, 1);
    watch.rest();
    train(watch, end + 600_000, end + 610_000, 1);
    expect(watch.found.still).toEqual([]);
  });
});
