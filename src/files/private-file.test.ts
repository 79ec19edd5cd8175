import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPrivateFile, deleteStaleFiles, privateBytes } from './private-file';
import type { Answers } from './private-file-worker';

/** An engine of its own, as in another tab. */
class Session {
  readonly #worker = new Worker(new URL('./private-file-worker.ts', import.meta.url), { type: 'module' });

  ask<K extends keyof Answers>(question: K): Promise<Answers[K]> {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data }) => resolve(data);
      this.#worker.onerror = reject;
      this.#worker.postMessage(question);
    });
  }

  end(): void {
    this.#worker.terminate();
  }
}

/** Every session's folder with its files. */
async function folders(): Promise<string[][]> {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('kept between steps', {
    create: true,
  });
  const found: string[][] = [];
  for await (const folder of root.values()) {
    const files: string[] = [];
    // Nothing else is made there.
    for await (const name of (folder as FileSystemDirectoryHandle).keys()) files.push(name);
    found.push(files);
  }
  return found;
}

describe('a private file', () => {
  const sessions: Session[] = [];
  const session = () => {
    const made = new Session();
    sessions.push(made);
    return made;
  };
  /** Until what ended sessions left is gone: a browser takes their locks back in its own time. */
  const swept = () =>
    expect
      .poll(async () => {
        await deleteStaleFiles();
        return folders();
      })
      .toEqual([]);
  // Other tests in this browser have had sessions, too.
  beforeEach(swept);
  afterEach(async () => {
    for (const each of sessions.splice(0)) each.end();
    await swept();
  });

  it('gives back what was written, anywhere in it', async () => {
    const one = session();
    expect(await one.ask('fill')).toEqual([4, 5, 6]);
    expect(await folders()).toEqual([[expect.any(String)]]);
    await one.ask('delete');
    expect(await folders()).toEqual([[]]);
  });

  it('refuses to read what is not there', async () => {
    const one = session();
    await one.ask('fill');
    expect(await one.ask('readTooMuch')).toBe('DOMException');
  });

  it('outlives no session, and is left alone by others while its own lives', async () => {
    const [one, other] = [session(), session()];
    await one.ask('fill');
    await other.ask('fill');
    await other.ask('sweep');
    expect(await folders()).toHaveLength(2);
    one.end();
    await expect
      .poll(async () => {
        await other.ask('sweep');
        return (await folders()).length;
      })
      .toBe(1);
    expect(await folders()).toEqual([[expect.any(String)]]);
  });

  it('is none on a page, where it could only be written in passing', async () => {
    expect(await createPrivateFile()).toBeNull();
    expect(await folders()).toEqual([]);
  });

  it('has room', async () => {
    expect(await privateBytes()).toBeGreaterThan(1e6);
  });
});
