import { describe, expect, it } from 'vitest';
import type { Report } from './messages';
import { lineOf, type Output, ProgressLine } from './progress-line';

/** Moves to the start of the line and clears it: ECMA-48, CR and EL 2. */
const ERASE = '\r\u001b[2K';

const TRAINING: Report = {
  ...{ run: 'Atoms', phase: null, epoch: 2, epochs: 6 },
  ...{ loss: 1.2341, imagesPerSecond: 41.27, secondsLeft: 12 },
};
const reading = (label: string, done = 0, total = 0): Report => ({
  ...{ ...TRAINING, run: null, phase: { label, done, total } },
  ...{ loss: null, imagesPerSecond: 0, secondsLeft: null },
});

/** A stream that records what is written, and a clock that the test moves. */
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

  it('are the phase and its progress while there are no steps', () => {
    expect(lineOf({ ...TRAINING, phase: { label: 'Features', done: 1, total: 3 } })).toBe(
      'Atoms · Features 33 %',
    );
    expect(lineOf(reading('Reading images', 7, 8))).toBe('Reading images 87 %');
  });

  it('have no progress for a phase of unknown length', () => {
    expect(lineOf(reading('Starting'))).toBe('Starting');
  });
});

describe('on a terminal', () => {
  it('overwrites the previous report', () => {
    const { progress, written } = line({ isTTY: true });
    progress.show(reading('Starting'));
    progress.show(TRAINING);
    expect(written).toEqual([`${ERASE}Starting`, `${ERASE}${lineOf(TRAINING)}`]);
  });

  it('limits a report to one line of the window', () => {
    const { progress, written } = line({ isTTY: true, columns: 12 });
    progress.show(TRAINING);
    expect(written).toEqual([`${ERASE}Atoms · epo`]);
  });

  it('uses eighty columns if the terminal states none', () => {
    const { progress, written } = line({ isTTY: true, columns: 0 });
    progress.show(reading('x'.repeat(100)));
    expect(written).toEqual([`${ERASE}${'x'.repeat(79)}`]);
  });

  it('erases the report once before a permanent line', () => {
    const { progress, written } = line({ isTTY: true });
    progress.show(TRAINING);
    written.length = 0;
    progress.say('Done.');
    progress.say('Again.');
    expect(written).toEqual([ERASE, 'Done.\n', 'Again.\n']);
  });

  it('erases nothing before the first report', () => {
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

  it('repeats the report of one run only after ten seconds', () => {
    const { progress, written, clock } = line({ isTTY: false });
    progress.show(TRAINING);
    clock.seconds += 9.9;
    progress.show({ ...TRAINING, epoch: 3 });
    expect(written).toHaveLength(1);
    clock.seconds += 0.2;
    progress.show({ ...TRAINING, epoch: 4 });
    expect(written).toEqual([`${lineOf(TRAINING)}\n`, `${lineOf({ ...TRAINING, epoch: 4 })}\n`]);
  });

  it('writes at once when the run or the phase changes', () => {
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

  it('treats the text after a colon as part of the same phase', () => {
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
