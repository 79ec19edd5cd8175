import { describe, expect, it } from 'vitest';
import type { Report } from './messages';
import { lineOf, type Output, ProgressLine } from './progress-line';

/** Moves to the line's start and empties it: ECMA-48, CR and EL 2. */
const ERASE = '\r\u001b[2K';

const TRAINING: Report = {
  ...{ run: 'Atoms', phase: null, epoch: 2, epochs: 6 },
  ...{ loss: 1.2341, imagesPerSecond: 41.27, secondsLeft: 12 },
};
const reading = (label: string, done = 0, total = 0): Report => ({
  ...{ ...TRAINING, run: null, phase: { label, done, total } },
  ...{ loss: null, imagesPerSecond: 0, secondsLeft: null },
});

/** A stream that keeps what is written, and a clock that stands until it is moved. */
function line({ isTTY, columns = 80 }: { isTTY: boolean; columns?: number }) {
  const written: string[] = [];
  const clock = { seconds: 1000 };
  const stream: Output = {
    isTTY,
    columns,
    write: (text: string | Uint8Array) => written.push(String(text)) > 0,
  };
  return { written, clock, progress: new ProgressLine(stream, () => clock.seconds * 1000) };
}

describe('the words of a report', () => {
  it('are the run, its epoch, loss, speed and the time left', () => {
    expect(lineOf(TRAINING)).toBe('Atoms · epoch 2/6 · loss 1.234 · 41.3 images/s · 12 s left');
  });

  it('leave out what is not known yet', () => {
    expect(lineOf({ ...TRAINING, loss: null, imagesPerSecond: 0, secondsLeft: null })).toBe(
      'Atoms · epoch 2/6',
    );
  });

  it('are the phase and how much of it is done while there are no steps', () => {
    expect(lineOf({ ...TRAINING, phase: { label: 'Features', done: 1, total: 3 } })).toBe(
      'Atoms · Features 33 %',
    );
    expect(lineOf(reading('Reading images', 7, 8))).toBe('Reading images 87 %');
  });

  it('have no share of a phase whose length is not known', () => {
    expect(lineOf(reading('Starting'))).toBe('Starting');
  });
});

describe('on a terminal', () => {
  it('writes each report over the one before', () => {
    const { progress, written } = line({ isTTY: true });
    progress.show(reading('Starting'));
    progress.show(TRAINING);
    expect(written).toEqual([`${ERASE}Starting`, `${ERASE}${lineOf(TRAINING)}`]);
  });

  it('keeps a report to one line of the window', () => {
    const { progress, written } = line({ isTTY: true, columns: 12 });
    progress.show(TRAINING);
    expect(written).toEqual([`${ERASE}Atoms · epo`]);
  });

  it('takes eighty columns where the terminal names none', () => {
    const { progress, written } = line({ isTTY: true, columns: 0 });
    progress.show(reading('x'.repeat(100)));
    expect(written).toEqual([`${ERASE}${'x'.repeat(79)}`]);
  });

  it('erases the report before a line that stays, once', () => {
    const { progress, written } = line({ isTTY: true });
    progress.show(TRAINING);
    written.length = 0;
    progress.say('Done.');
    progress.say('Again.');
    expect(written).toEqual([ERASE, 'Done.\n', 'Again.\n']);
  });

  it('has nothing to erase before the first report', () => {
    const { progress, written } = line({ isTTY: true });
    progress.clear();
    expect(written).toEqual([]);
  });
});

describe('in a file or a pipe', () => {
  it('writes no control characters', () => {
    const { progress, written } = line({ isTTY: false });
    progress.show(TRAINING);
    progress.clear();
    progress.say('Done.');
    expect(written).toEqual([`${lineOf(TRAINING)}\n`, 'Done.\n']);
  });

  it('repeats itself about one run only after ten seconds', () => {
    const { progress, written, clock } = line({ isTTY: false });
    progress.show(TRAINING);
    clock.seconds += 9.9;
    progress.show({ ...TRAINING, epoch: 3 });
    expect(written).toHaveLength(1);
    clock.seconds += 0.2;
    progress.show({ ...TRAINING, epoch: 4 });
    expect(written).toEqual([`${lineOf(TRAINING)}\n`, `${lineOf({ ...TRAINING, epoch: 4 })}\n`]);
  });

  it('writes at once when the run or the phase is another', () => {
    const { progress, written } = line({ isTTY: false });
    progress.show(reading('Reading images', 1, 4));
    progress.show(reading('Splitting', 1, 4));
    progress.show(TRAINING);
    progress.show({ ...TRAINING, run: 'LoRA' });
    expect(written).toEqual([
      'Reading images 25 %\n',
      'Splitting 25 %\n',
      `${lineOf(TRAINING)}\n`,
      `${lineOf({ ...TRAINING, run: 'LoRA' })}\n`,
    ]);
  });

  it('takes what follows the colon of a phase for a part of the same', () => {
    const { progress, written } = line({ isTTY: false });
    progress.show(reading('Atoms: layer1.0.conv1'));
    progress.show(reading('Atoms: layer1.0.conv2'));
    expect(written).toEqual(['Atoms: layer1.0.conv1\n']);
  });

  it('waits for the first loss of a run', () => {
    const { progress, written } = line({ isTTY: false });
    progress.show({ ...TRAINING, loss: null });
    expect(written).toEqual([]);
  });
});
