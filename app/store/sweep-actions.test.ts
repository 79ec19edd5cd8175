import { beforeEach, describe, expect, it } from 'vitest';
import type { MemoryPlan } from '../../src/core/run';
import { UserError } from '../../src/core/user-error';
import { connectFake, type FakeEngine, ready, settled } from './fake-engine';
import { read, write } from './session';
import { measureSweep, stopMeasuring, sweepCost, sweepSize, turnSweep, turnValues } from './sweep-actions';

let engines: FakeEngine[];
const engine = () => engines.at(-1) as FakeEngine; // a test asks for it only after the first call
const plan = (bytes: number, fits = true) =>
  ({ bytes, fits, heap: { pixels: 100 }, sentence: `${bytes} bytes` }) as MemoryPlan;

beforeEach(() => {
  engines = connectFake();
  ready();
  write({ configuration: { ...read().configuration, settings: ['atoms', 'lora'] } });
});

describe('a sweep', () => {
  it('counts its runs', () => {
    expect(sweepSize(read())).toEqual({ runs: 2, searches: 0, obstacle: null });
    turnSweep({ seeds: 3 });
    turnValues('atoms', 'lr', [1e-3, 1e-2]);
    expect(sweepSize(read())).toEqual({ runs: 9, searches: 0, obstacle: null });
    turnSweep({ findRates: true });
    expect(sweepSize(read()).searches).toBeGreaterThan(0);
    write({ dataset: null });
    expect(sweepSize(read()).runs).toBe(0);
  });

  it('costs the most memory of its runs, and no time that nobody measured', async () => {
    turnSweep({ seeds: 2 });
    const cost = sweepCost(read());
    engine()
      .last('plan')
      .resolve([plan(5), plan(9)]);
    expect(await cost).toEqual({ seconds: null, isRough: false, bytes: 109, obstacle: null });
    // Seeds and learning rates do not change the memory plan.
    expect(engine().last('plan').input.configs).toHaveLength(2);
    const unfit = sweepCost(read());
    engine()
      .last('plan')
      .resolve([plan(5), plan(9, false)]);
    expect((await unfit).obstacle).toBe('9 bytes');
  });

  it('is timed run by run, and then costs the sum', async () => {
    const measured = measureSweep();
    for (const [perEpoch, start] of [
      [2, 1],
      [3, 4],
    ] as const) {
      await settled();
      expect(read().measuring).not.toBeNull();
      expect(engine().last('measure').input.expected.data.name).toBe('d1');
      engine().last('measure').resolve({ perEpoch, start });
    }
    await measured;
    expect(read().measuring).toBeNull();
    const { epochs } = read().configuration.hyperparameters;
    const cost = sweepCost(read());
    engine()
      .last('plan')
      .resolve([plan(1), plan(1)]);
    expect((await cost).seconds).toBe(1 + 2 * epochs + 4 + 3 * epochs);
    // Configurations with a known timing are not timed again.
    await measureSweep();
    expect(engine().of('measure')).toHaveLength(2);
  });

  it('keeps what was timed before the person stopped it or a run could not be timed', async () => {
    const stopped = measureSweep();
    await settled();
    engine().last('measure').resolve({ perEpoch: 1, start: 1 });
    await settled();
    stopMeasuring();
    await stopped;
    expect(read()).toMatchObject({ measuring: null, measuringProblem: null });
    expect(Object.keys(read().timings)).toHaveLength(1);
    const failed = measureSweep();
    await settled();
    engine().last('measure').reject(new UserError('It does not fit.'));
    await failed;
    expect(read().measuringProblem).toEqual({ kind: 'user', message: 'It does not fit.' });
  });

  it('is not timed during a run', async () => {
    write({ training: 'a run' });
    await measureSweep();
    expect(engine()).toBeUndefined();
  });
});
