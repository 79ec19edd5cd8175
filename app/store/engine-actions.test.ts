import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../src/core/user-error';
import { ask, endEngine, engineIsReady, startEngine, watchMemory } from './engine-actions';
import { backboneNamed, connectFake, type FakeEngine, INFO, ready } from './fake-engine';
import { read, write } from './session';

let engines: FakeEngine[];
const engine = () => engines.at(-1) as FakeEngine; // a test asks for it only after the first call

beforeEach(() => {
  engines = connectFake();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the engine', () => {
  it('is shown as starting until it is said to be ready', async () => {
    ready();
    const started = startEngine('wasm');
    engine().last('start').options.onProgress?.({ label: 'Starting', done: 0, total: 2 });
    expect(read().engine).toEqual({ status: 'starting', progress: { label: 'Starting', done: 0, total: 2 } });
    engine()
      .last('start')
      .resolve({ engine: INFO, backbone: backboneNamed('starter') });
    expect((await started)?.engine).toBe(INFO);
    expect(read().engine.status).toBe('starting');
    engineIsReady(INFO);
    expect(read().engine).toEqual({ status: 'ready', info: INFO });
  });

  it('says why it did not start', async () => {
    const started = startEngine('webgpu');
    engine().last('start').reject(new UserError('This browser offers no GPU adapter.'));
    expect(await started).toBeNull();
    expect(read().engine).toEqual({
      status: 'failed',
      problem: { kind: 'user', message: 'This browser offers no GPU adapter.' },
    });
  });

  it('is failed from the first fault it reports, and collects notices until it is ended', () => {
    void ask('memory', {}).catch(() => {});
    engine().report({ notice: { program: 'p', reason: 'r' } });
    expect(read().notices).toHaveLength(1);
    const fault = { kind: 'device-lost', message: 'Lost.', details: '', engineLost: true } as const;
    engine().report({ fault });
    expect(read().engine).toEqual({ status: 'failed', problem: fault });
    expect(read().announcement).toBe('Lost.');
    endEngine();
    expect(engine().terminated).toBe(true);
    expect(read().notices).toEqual([]);
    void ask('memory', {}).catch(() => {});
    expect(engines).toHaveLength(2);
    endEngine();
  });

  it('is asked for its memory now and then while it is ready, one question at a time', async () => {
    vi.useFakeTimers();
    const stop = watchMemory();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(engine()).toBeUndefined();
    write({ engine: { status: 'ready', info: INFO } });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(engine().of('memory')).toHaveLength(1);
    engine().last('memory').resolve({ tensors: 5, bytes: 6 });
    await vi.advanceTimersByTimeAsync(3000);
    expect(read().memory).toEqual({ tensors: 5, bytes: 6 });
    expect(engine().of('memory')).toHaveLength(2);
    engine().last('memory').reject(new Error('gone'));
    stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(engine().of('memory')).toHaveLength(2);
  });
});
