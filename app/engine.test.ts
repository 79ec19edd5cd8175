import { describe, expect, it } from 'vitest';
import { UserError } from '../src/core/user-error';
import { EngineFault } from '../src/engine-fault';
import type { Life, Reply, Report, Request } from '../src/worker/protocol';
import { Engine } from './engine';

/** A worker whose messages the test sends. */
class FakeWorker implements Pick<Worker, 'postMessage' | 'terminate'> {
  onmessage: ((event: MessageEvent<Reply | Report | Life>) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  readonly posted: Request[] = [];
  terminated = false;

  postMessage(request: Request): void {
    this.posted.push(request);
  }

  terminate(): void {
    this.terminated = true;
  }

  says(message: Reply | Report | Life): void {
    this.onmessage?.(new MessageEvent('message', { data: message }));
  }
}

function made() {
  const worker = new FakeWorker();
  const reports: Report[] = [];
  return {
    worker,
    reports,
    engine: new Engine(
      (report) => reports.push(report),
      () => worker as unknown as Worker,
    ),
  }; // only these members are used
}

describe('the engine’s client', () => {
  it('gives each call the answer to its own request, whatever the order', async () => {
    const { worker, engine } = made();
    const [first, second] = [engine.call('memory', {}), engine.call('forget', { modelId: 'x' })];
    expect(worker.posted).toEqual([
      { id: 1, call: 'memory', in: {} },
      { id: 2, call: 'forget', in: { modelId: 'x' } },
    ]);
    worker.says({ id: 2, done: null });
    worker.says({ id: 1, done: { tensors: 3, bytes: 4 } });
    expect(await first).toEqual({ tensors: 3, bytes: 4 });
    expect(await second).toBeNull();
  });

  it('passes progress on until the answer, and ignores what comes for nobody', async () => {
    const { worker, engine } = made();
    const heard: unknown[] = [];
    const call = engine.call('start', { backend: 'auto' }, { onProgress: (...each) => heard.push(each) });
    const progress = { label: 'Starting', done: 0, total: 2 };
    worker.says({ id: 1, progress, at: 5 });
    worker.says({ id: 1, failed: { kind: 'user', message: 'No.' } });
    worker.says({ id: 1, progress, at: 5 });
    worker.says({ id: 9, done: null });
    await expect(call).rejects.toThrow('No.');
    expect(heard).toEqual([[progress, 5]]);
  });

  it('makes of each failure the error that it was', async () => {
    const { worker, engine } = made();
    const failed = async (failure: Extract<Reply, { failed: unknown }>['failed']) => {
      const call = engine.call('memory', {});
      worker.says({ id: worker.posted.length, failed: failure });
      return call.catch((error: unknown) => error);
    };
    const user = await failed({ kind: 'user', message: 'Choose another.' });
    expect(user).toBeInstanceOf(UserError);
    expect(user).toMatchObject({ message: 'Choose another.' });
    const aborted = await failed({ kind: 'aborted', message: 'Cancelled.' });
    expect(aborted).toBeInstanceOf(DOMException);
    expect(aborted).toMatchObject({ name: 'AbortError' });
    const fault = await failed({ kind: 'gpu-error', message: 'Refused.', details: 'x', engineLost: true });
    expect(fault).toBeInstanceOf(EngineFault);
    expect(fault).toMatchObject({ kind: 'gpu-error', details: 'x', engineLost: true });
    expect(await failed({ kind: 'bug', name: 'TypeError', message: 'Oops.', stack: 'at x' })).toMatchObject({
      ...{ name: 'TypeError', message: 'Oops.', stack: 'at x' },
    });
  });

  it('asks the worker to cancel once for an abort, before or after the call, and never after the answer', async () => {
    const { worker, engine } = made();
    const cancels = () => worker.posted.filter((request) => 'cancel' in request).map(({ id }) => id);
    const abort = new AbortController();
    const early = engine.call('memory', {}, { signal: AbortSignal.abort() }).catch(() => {});
    expect(cancels()).toEqual([1]);
    const late = engine.call('memory', {}, { signal: abort.signal });
    worker.says({ id: 2, done: { tensors: 0, bytes: 0 } });
    await late;
    abort.abort();
    expect(cancels()).toEqual([1]);
    worker.says({ id: 1, failed: { kind: 'aborted', message: '' } });
    await early;
  });

  it('hands reports to its listener', () => {
    const { worker, reports } = made();
    const notice = { program: 'p', reason: 'r' };
    worker.says({ notice });
    expect(reports).toEqual([{ notice }]);
  });

  it('reports that its worker is gone, and fails what waits, unless it has ended it itself', async () => {
    for (const isTerminated of [false, true]) {
      const { worker, engine, reports } = made();
      const call = engine.call('memory', {}).catch((error: unknown) => error);
      const lock = `engine test ${isTerminated}`;
      let end = () => {};
      await new Promise<void>((held) => {
        void navigator.locks.request(lock, () => {
          held();
          return new Promise<void>((release) => {
            end = release;
          });
        });
      });
      worker.says({ lock });
      if (isTerminated) engine.terminate();
      end();
      const name = isTerminated ? 'AbortError' : 'EngineFault';
      expect(await call).toMatchObject({ name });
      expect(reports.map((report) => 'fault' in report && report.fault.kind)).toEqual(
        isTerminated ? [] : ['engine-ended'],
      );
    }
  });

  it('fails what waits when it is ended or its worker breaks', async () => {
    const { worker, engine } = made();
    const broken = engine.call('memory', {});
    worker.onerror?.(new ErrorEvent('error', { message: 'Not found.' }));
    await expect(broken).rejects.toThrow('Not found.');
    const unnamed = engine.call('memory', {});
    worker.onerror?.(new ErrorEvent('error'));
    await expect(unnamed).rejects.toThrow('The engine could not be loaded.');
    const ended = engine.call('memory', {});
    engine.terminate();
    expect(worker.terminated).toBe(true);
    await expect(ended).rejects.toMatchObject({ name: 'AbortError' });
  });
});
