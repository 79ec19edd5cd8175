import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { MemoryPlan } from '../../src/core/run';
import { EngineFault } from '../../src/engine-fault';
import { backboneNamed, connectFake, dataNamed, type FakeEngine, INFO, ready, settled } from './fake-engine';
import { endRuns, runChosen, watchQueue } from './queue';
import { watchFaults } from './recovery';
import { read, write } from './session';

let engines: FakeEngine[] = [];
/** Milliseconds by which the clock is ahead, so that no test counts the losses of another. */
let ahead = 0;
const clock = performance.now.bind(performance);
let stop: (() => void)[] = [];
afterEach(async () => {
  for (const each of stop) each();
  stop = [];
  await endRuns();
  vi.restoreAllMocks();
});

beforeEach(() => {
  ahead += 60 * 60 * 1000;
  vi.spyOn(performance, 'now').mockImplementation(() => clock() + ahead);
  engines = connectFake({
    start: () => ({ engine: INFO, backbone: backboneNamed('starter') }),
    importData: () => dataNamed('d1'),
  });
  stop = [watchQueue(), watchFaults()];
  ready();
  write({
    project: { id: 'p', name: 'p', madeAt: 0, readOnly: false },
    source: { kind: 'sample', name: 'd1', url: '' },
    configuration: { ...read().configuration, settings: ['atoms'] },
  });
  runChosen();
});

/** The engine reports a fault and fails the run with it. */
async function fail(kind: 'device-lost' | 'engine-ended' | 'out-of-memory'): Promise<void> {
  const engine = engines.at(-1);
  engine?.report({ fault: { kind, message: 'Failed.', details: '', engineLost: true } });
  engine?.last('train').reject(new EngineFault(kind, 'Failed.', '', true));
  for (let turn = 0; turn < 10; turn++) await settled();
}

it('continues the run after a loss of the device, and gives up after several in a row', async () => {
  for (let loss = 1; loss <= 3; loss++) {
    await fail('device-lost');
    expect(engines).toHaveLength(loss + 1);
    expect(read().runs.map(({ status }) => status)).toEqual(['running']);
    // The same run, which the engine continues from its last saved point.
    expect(engines.at(-1)?.last('train').input).toMatchObject({ runId: read().runs[0]?.id, project: 'p' });
  }
  await fail('device-lost');
  expect(engines).toHaveLength(4);
  expect(read().runs[0]).toMatchObject({ status: 'failed', problem: { kind: 'device-lost' } });
  expect(read().engine.status).toBe('failed');
});

it('continues the run where the engine does not answer any more after the loss', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  try {
    engines.at(-1)?.report({ fault: { kind: 'device-lost', message: '', details: '', engineLost: true } });
    await vi.advanceTimersByTimeAsync(3000);
  } finally {
    vi.useRealTimers();
  }
  for (let turn = 0; turn < 10; turn++) await settled();
  expect(engines).toHaveLength(2);
  expect(read().runs.map(({ status }) => status)).toEqual(['running']);
  expect(engines.at(-1)?.last('train').input).toMatchObject({ runId: read().runs[0]?.id, project: 'p' });
});

it('continues the run after the engine has ended', async () => {
  await fail('engine-ended');
  expect(engines).toHaveLength(2);
  expect(read().runs.map(({ status }) => status)).toEqual(['running']);
  expect(read().notice).toMatch(/had ended/);
});

it('tries a run that ran out of memory once more, with half of the micro-batch', async () => {
  const plan = { microBatch: 8, batch: 16 } as MemoryPlan; // no other field is read here
  engines.at(-1)?.last('train').options.onProgress?.({ kind: 'planned', memory: plan });
  await fail('out-of-memory');
  expect(engines).toHaveLength(2);
  expect(read().runs.map(({ status }) => status)).toEqual(['running']);
  expect(engines.at(-1)?.last('train').input).toMatchObject({ mostAtOnce: 4, project: 'p' });
  engines
    .at(-1)
    ?.last('train')
    .options.onProgress?.({ kind: 'planned', memory: { ...plan, microBatch: 4 } });
  await fail('out-of-memory');
  expect(read().runs[0]).toMatchObject({ status: 'failed', problem: { kind: 'out-of-memory' } });
  expect(engines).toHaveLength(2);
});
