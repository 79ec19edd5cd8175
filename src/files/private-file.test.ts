import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPrivateFile, deleteStaleFiles, privateBytes } from './private-file';
import type { Answers } from './private-file-worker';

/** A separate engine, as in another tab. */
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

/** The files in the folder of each session. */
async function folders(): Promise<string[][]> {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('kept between steps', {
    create: true,
  });
  const found: string[][] = [];
  for await (const folder of root.values()) {
    const files: string[] = [];
    // The folder contains nothing else.
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
  /** Waits until the files of ended sessions are deleted. The browser releases their locks after a delay. */
  const swept = () =>
    expect
      .poll(async () => {
        await deleteStaleFiles();
        return folders();
      })
      .toEqual([]);
  // Other tests in this browser also had sessions.
  beforeEach(swept);
  afterEach(async () => {
    for (const each of sessions.splice(0)) each.end();
    await swept();
  });

  it('returns what was written, at any position', async () => {
    const one = session();
    expect(await one.ask('fill')).toEqual([4, 5, 6]);
    expect(await folders()).toEqual([[expect.any(String)]]);
    await one.ask('delete');
    expect(await folders()).toEqual([[]]);
  });

  it('rejects reads beyond its end', async () => {
    const one = session();
    await one.ask('fill');
    expect(await one.ask('readTooMuch')).toBe('DOMException');
  });

  it('is deleted after its session ends, not before', async () => {
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

  it('is not supported on a page, only in a worker', async () => {
    expect(await createPrivateFile()).toBeNull();
    expect(await folders()).toEqual([]);
  });

  it('has free space', async () => {
    expect(await privateBytes()).toBeGreaterThan(1e6);
  });
});
