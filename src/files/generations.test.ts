import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../core/random';
import { Generations } from './generations';

const NAME = 'generations test';

describe('content in two generations', () => {
  let folder: FileSystemDirectoryHandle;
  beforeEach(async () => {
    const root = await navigator.storage.getDirectory();
    await root.removeEntry(NAME, { recursive: true }).catch(() => {});
    folder = await root.getDirectoryHandle(NAME, { create: true });
  });
  afterEach(async () => {
    const root = await navigator.storage.getDirectory();
    await root.removeEntry(NAME, { recursive: true });
  });

  const content = (length: number, seed: number) => {
    const random = seededRandom(seed);
    return Uint8Array.from({ length }, () => random.integer(256));
  };
  const bytesOf = async (name: string) => {
    const file = await (await folder.getFileHandle(name)).getFile();
    return new Uint8Array(await file.arrayBuffer());
  };
  const put = async (name: string, bytes: Uint8Array<ArrayBuffer>) => {
    const stream = await (await folder.getFileHandle(name, { create: true })).createWritable();
    await stream.write(bytes);
    await stream.close();
  };

  it('is what was written last, also for another reader', async () => {
    const store = new Generations(folder);
    expect(await store.read()).toBeNull();
    for (const seed of [1, 2, 3]) {
      await store.write(content(1000, seed));
      expect(await new Generations(folder).read()).toEqual(content(1000, seed));
    }
  });

  it('is the former content where the newest file is cut off or changed anywhere', async () => {
    const store = new Generations(folder);
    await store.write(content(300, 1));
    await store.write(content(300, 2));
    const whole = await bytesOf('1');
    const random = seededRandom(5);
    for (let trial = 0; trial < 60; trial++) {
      const damaged = whole.slice(0, trial % 2 === 0 ? random.integer(whole.length) : undefined);
      if (trial % 2 === 1) {
        const at = random.integer(whole.length);
        damaged[at] = (damaged[at] ?? 0) ^ (1 + random.integer(255));
      }
      await put('1', damaged);
      expect(await store.read(), `trial ${trial}`).toEqual(content(300, 1));
    }
    // The next session replaces the damaged file and not the whole one.
    await new Generations(folder).write(content(300, 3));
    expect(await store.read()).toEqual(content(300, 3));
    await put('1', new Uint8Array());
    expect(await store.read()).toEqual(content(300, 1));
  });

  it('is nothing where no file is whole', async () => {
    const store = new Generations(folder);
    await store.write(content(10, 1));
    await put('0', new Uint8Array(20));
    expect(await store.read()).toBeNull();
  });
});
