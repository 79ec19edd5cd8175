import { afterEach, expect, it } from 'vitest';
import { EngineFault } from '../../src/engine-fault';
import { backboneNamed, connectFake, dataNamed, type FakeEngine, INFO, ready, settled } from './fake-engine';
import { endRuns, runChosen, watchQueue } from './queue';
import { watchLosses } from './recovery';
import { read, write } from './session';

let stop: (() => void)[] = [];
afterEach(async () => {
  for (const each of stop) each();
  stop = [];
  await endRuns();
});

it('continues the run after a loss of the device, and gives up after several in a row', async () => {
  const engines: FakeEngine[] = connectFake({
    start: () => ({ engine: INFO, backbone: backboneNamed('starter') }),
    importData: () => dataNamed('d1'),
  });
  stop = [watchQueue(), watchLosses()];
  ready();
  write({
    project: { id: 'p', name: 'p', madeAt: 0, readOnly: false },
    source: { kind: 'sample', name: 'd1', url: '' },
    configuration: { ...read().configuration, settings: ['atoms'] },
  });
  runChosen();
  const lose = async () => {
    const engine = engines.at(-1);
    const { kind, message } = { kind: 'device-lost', message: 'Lost.' } as const;
    engine?.report({ fault: { kind, message, details: '', engineLost: true } });
    engine?.last('train').reject(new EngineFault(kind, message, '', true));
    for (let turn = 0; turn < 10; turn++) await settled();
  };
  for (let loss = 1; loss <= 3; loss++) {
    await lose();
    expect(engines).toHaveLength(loss + 1);
    expect(read().runs.map(({ status }) => status)).toEqual(['running']);
    // The same run, which the engine continues from its last saved point.
    expect(engines.at(-1)?.last('train').input).toMatchObject({ runId: read().runs[0]?.id, project: 'p' });
  }
  await lose();
  expect(engines).toHaveLength(4);
  expect(read().runs[0]).toMatchObject({ status: 'failed', problem: { kind: 'device-lost' } });
  expect(read().engine.status).toBe('failed');
});
