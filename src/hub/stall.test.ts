import { afterEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../core/user-error';
import type { SyncAccessHandle } from '../files/sync-access';
import { fetchWhole, Interrupted, type Timer, untilAnswered, whileHeard } from './stall';
import { persistently, receive, statement } from './transfer';

/** A clock that the test advances. */
class Clock implements Timer {
  #now = 0;
  readonly #due: { at: number; run: () => void }[] = [];

  after(seconds: number, run: () => void): () => void {
    const entry = { at: this.#now + seconds, run };
    this.#due.push(entry);
    return () => void this.#due.splice(this.#due.indexOf(entry), 1);
  }

  pass(seconds: number): void {
    this.#now += seconds;
    for (const { at, run } of [...this.#due]) if (at <= this.#now) run();
  }

  get pending(): number {
    return this.#due.length;
  }
}

type Answer = (init: RequestInit) => Promise<Response>;

/** Answers requests in order; each answer receives the request's signal. */
function serve(...answers: Answer[]) {
  const asked: RequestInit[] = [];
  vi.stubGlobal('fetch', (_: string, init: RequestInit) => {
    asked.push(init);
    return answers[Math.min(asked.length, answers.length) - 1]?.(init);
  });
  return asked;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

const whenAborted = (signal: AbortSignal | null | undefined) =>
  new Promise<never>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));

const never: Answer = ({ signal }) => whenAborted(signal);

/** A response whose body the test writes. */
function open(init: ResponseInit = {}): { answer: Answer; write: (text: string) => void } {
  let controller: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given;
    },
  });
  return {
    answer: async ({ signal }) => {
      signal?.addEventListener('abort', () => controller.error(signal.reason));
      return new Response(body, init);
    },
    write: (text) => controller.enqueue(new TextEncoder().encode(text)),
  };
}

/** Waits until all pending promise callbacks have run. */
const settled = () => new Promise((resolve) => setTimeout(resolve));

async function outcome(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'done',
    (error: unknown) => error,
  );
}

describe('work that waits for the network', () => {
  it('is interrupted after so many seconds of silence, counted from the last sign of life', async () => {
    const timer = new Clock();
    let heard = () => {};
    const work = whileHeard(
      async (signal, arrived) => {
        heard = arrived;
        await whenAborted(signal);
      },
      { patience: 30, timer },
    );
    const ended = outcome(work);
    timer.pass(29);
    heard();
    timer.pass(29);
    await settled();
    heard();
    timer.pass(30);
    const error = await ended;
    expect(error).toBeInstanceOf(Interrupted);
    expect(String(error)).toContain('no data arrived for 30 seconds');
    expect(timer.pending).toBe(0);
  });

  it('ends with the person’s own reason where they end it', async () => {
    const abort = new AbortController();
    const work = whileHeard((signal) => whenAborted(signal), { signal: abort.signal, timer: new Clock() });
    abort.abort(new DOMException('Cancelled.', 'AbortError'));
    await expect(work).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('leaves no timer behind where it is done', async () => {
    const timer = new Clock();
    expect(await whileHeard(async () => 7, { timer })).toBe(7);
    expect(timer.pending).toBe(0);
  });
});

describe('a server that must answer in time', () => {
  const unreachable = () => new UserError('It does not answer.');
  const persistence = {
    pauses: [0, 0, 0],
    progress: () => 0,
    onPause: () => {},
    givenUp: () => new UserError('Given up.'),
  };

  it('is given up while a request is pending, whatever retries are left', async () => {
    const timer = new Clock();
    const asked = serve(async () => Promise.reject(new TypeError('Failed to fetch')), never);
    const ended = outcome(
      untilAnswered({ seconds: 8, signal: undefined, unreachable, timer }, (limits) =>
        persistently(() => statement('https://hub/raw', { timer, ...limits }), { ...persistence, ...limits }),
      ),
    );
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    timer.pass(7);
    await settled();
    timer.pass(1);
    expect(await ended).toMatchObject({ message: 'It does not answer.' });
    expect(timer.pending).toBe(0);
  });

  it('may be slow once it has answered', async () => {
    const timer = new Clock();
    const { answer, write } = open();
    serve(answer);
    const stated = untilAnswered({ seconds: 8, signal: undefined, unreachable, timer }, (limits) =>
      statement('https://hub/raw', { timer, patience: 30, ...limits }),
    );
    await settled();
    for (let second = 0; second < 60; second += 20) {
      timer.pass(20);
      write('not a pointer '.repeat(30));
      await settled();
    }
    expect(await stated).toBeNull();
    expect(timer.pending).toBe(0);
  });

  it('ends with the person’s own reason where they end it first', async () => {
    const abort = new AbortController();
    serve(never);
    const ended = untilAnswered(
      { seconds: 8, signal: abort.signal, unreachable, timer: new Clock() },
      (limits) => statement('https://hub/raw', { timer: new Clock(), ...limits }),
    );
    abort.abort(new DOMException('Cancelled.', 'AbortError'));
    await expect(ended).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('every request is watched', () => {
  it('the pointer, before its answer and inside its body', async () => {
    const timer = new Clock();
    serve(never);
    const unanswered = outcome(statement('https://hub/raw', { timer, patience: 10 }));
    await settled();
    timer.pass(10);
    expect(await unanswered).toBeInstanceOf(Interrupted);

    const { answer, write } = open();
    serve(answer);
    const stopped = outcome(statement('https://hub/raw', { timer, patience: 10 }));
    await settled();
    write('version https://git-lfs');
    await settled();
    timer.pass(10);
    expect(await stopped).toBeInstanceOf(Interrupted);
  });

  it('the rest of a file, asked for by range', async () => {
    const timer = new Clock();
    const asked = serve(never);
    const handle = memoryFile(100);
    const known = { bytes: 200, sha256: 'a'.repeat(64), etag: null };
    const receiving = { onHead: async () => {}, onProgress: () => {}, timer, patience: 10 };
    const stopped = outcome(receive(handle, 'https://hub/file', known, known, receiving));
    await settled();
    expect(asked[0]?.headers).toEqual({ Range: 'bytes=100-' });
    timer.pass(10);
    expect(await stopped).toBeInstanceOf(Interrupted);
    expect(handle.getSize()).toBe(100);
  });

  it('the whole file, asked for after a range that the server does not know', async () => {
    const timer = new Clock();
    const asked = serve(async () => new Response(null, { status: 416 }), never);
    const known = { bytes: 200, sha256: 'a'.repeat(64), etag: null };
    const receiving = { onHead: async () => {}, onProgress: () => {}, timer, patience: 10 };
    const stopped = outcome(receive(memoryFile(100), 'https://hub/file', known, known, receiving));
    await settled();
    expect(asked).toHaveLength(2);
    timer.pass(10);
    expect(await stopped).toBeInstanceOf(Interrupted);
  });

  it('a file of this site', async () => {
    const timer = new Clock();
    const { answer, write } = open();
    serve(answer);
    const stopped = outcome(fetchWhole('https://site/starter', { timer, patience: 10 }));
    await settled();
    timer.pass(9);
    write('abc');
    await settled();
    timer.pass(9);
    await settled();
    timer.pass(1);
    expect(await stopped).toBeInstanceOf(Interrupted);
  });
});

/** A file of so many bytes in memory. */
function memoryFile(bytes: number): SyncAccessHandle {
  let size = bytes;
  return {
    getSize: () => size,
    truncate: (next: number) => {
      size = next;
    },
    read: () => 0,
    write: (data: ArrayBufferView) => data.byteLength,
    flush: () => {},
    close: () => {},
  };
}
