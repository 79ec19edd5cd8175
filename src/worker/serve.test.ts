import { beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../core/user-error';
import { deviceLost } from '../engine-fault';
import { health } from '../engine-health';
import { addNotice, forgetNotices } from '../ops/webgpu/notices';
import type { Reply, Report, Request } from './protocol';
import { type Port, serve } from './serve';
import type { Handlers } from './session';

class FakePort implements Port {
  onmessage: Port['onmessage'] = null;
  readonly posted: (Reply | Report)[] = [];

  postMessage(message: Reply | Report): void {
    this.posted.push(message);
  }

  hears(request: Request): void {
    this.onmessage?.(new MessageEvent('message', { data: request }));
  }
}

/** Serves only these handlers. */
function served(handlers: Partial<Handlers>): FakePort {
  const port = new FakePort();
  serve(port, handlers as Handlers); // the test calls no other handlers
  return port;
}

const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
const lost = () => deviceLost({ reason: 'unknown', message: 'gone' });

beforeEach(() => health.reset(null));

describe('the engine’s side of the protocol', () => {
  it('answers with progress, then with the result, under the request’s id', async () => {
    const port = served({
      async measure(_, { progress }) {
        progress({ label: 'Timing', done: 1, total: 2 });
        return { perEpoch: 1, start: 2 };
      },
    });
    port.hears({ id: 7, call: 'measure' } as Request); // its input does not matter
    await settled();
    expect(port.posted).toEqual([
      { id: 7, progress: { label: 'Timing', done: 1, total: 2 }, at: expect.any(Number) },
      { id: 7, done: { perEpoch: 1, start: 2 } },
    ]);
  });

  it('tells a person’s error, an abort, a fault and a bug apart', async () => {
    const errors = [
      new UserError('Choose.'),
      new DOMException('Cancelled.', 'AbortError'),
      lost(),
      new TypeError('x is undefined'),
    ];
    const port = served({ forget: async ({ modelId }) => Promise.reject(errors[Number(modelId)]) });
    for (const id of errors.keys()) port.hears({ id, call: 'forget', in: { modelId: String(id) } });
    await settled();
    expect(port.posted).toMatchObject([
      { id: 0, failed: { kind: 'user', message: 'Choose.' } },
      { id: 1, failed: { kind: 'aborted', message: 'Cancelled.' } },
      { id: 2, failed: { kind: 'device-lost', engineLost: true, details: 'device.lost (unknown): gone' } },
      { id: 3, failed: { kind: 'bug', name: 'TypeError', message: 'forget: x is undefined' } },
    ]);
  });

  it('lets calls wait for a start in progress, and fail as it failed', async () => {
    let fail = (_: Error) => {};
    const port = served({
      start: () =>
        new Promise((_, reject) => {
          fail = reject;
        }),
      memory: async () => ({ tensors: 0, bytes: 0 }),
    });
    port.hears({ id: 1, call: 'start', in: { backend: 'auto' } });
    port.hears({ id: 2, call: 'memory', in: {} });
    await settled();
    expect(port.posted).toEqual([]);
    fail(new UserError('No WebGPU.'));
    await settled();
    expect(port.posted).toEqual(
      [1, 2].map((id) => ({ id, failed: { kind: 'user', message: 'No WebGPU.' } })),
    );
  });

  it('aborts the call that is cancelled, and no other', async () => {
    const signals: AbortSignal[] = [];
    const port = served({
      movement: (_, { signal }) => {
        signals.push(signal);
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
    });
    for (const id of [1, 2]) port.hears({ id, call: 'movement' } as Request); // its input does not matter
    await settled();
    port.hears({ id: 2, cancel: true });
    port.hears({ id: 9, cancel: true });
    await settled();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
    expect(port.posted).toEqual([{ id: 2, failed: { kind: 'aborted', message: 'Cancelled.' } }]);
  });

  it('ends a computation that a broken engine would never end, reports the fault, and still answers what computes nothing', async () => {
    const port = served({
      movement: () => new Promise(() => {}),
      memory: async () => ({ tensors: 1, bytes: 2 }),
    });
    port.hears({ id: 1, call: 'movement' } as Request); // its input does not matter
    await settled();
    health.report(lost());
    await settled();
    expect(port.posted).toMatchObject([
      { fault: { kind: 'device-lost', engineLost: true } },
      { id: 1, failed: { kind: 'device-lost' } },
    ]);
    port.hears({ id: 2, call: 'movement' } as Request); // its input does not matter
    port.hears({ id: 3, call: 'memory', in: {} });
    await settled();
    expect(port.posted.slice(2)).toMatchObject([
      { id: 2, failed: { kind: 'device-lost' } },
      { id: 3, done: { tensors: 1, bytes: 2 } },
    ]);
  });

  it('reports notices unasked', () => {
    const port = served({});
    forgetNotices();
    addNotice('p', 'r');
    expect(port.posted).toEqual([{ notice: { program: 'p', reason: 'r' } }]);
  });
});
