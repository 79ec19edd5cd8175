/** Randomly mutated files: each is either read or rejected with a UserError, and never allocates more than its size. */
import { expect, test } from 'vitest';
import { openPretrained } from '../backbone/pretrained';
import { committed } from '../backbone/weight-forms';
import type { NamedFile } from '../core/dataset';
import { type Random, seededRandom } from '../core/random';
import { UserError } from '../core/user-error';
import { CountedBlob } from './counted-blob';
import { openWeightFile } from './open-weight-file';
import { archive } from './state-dict-fixture';

/** Flips, overwrites, removes or doubles bytes, or cuts off the end. */
function mutated(source: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  let bytes = source.slice();
  const below = (limit: number) => Math.floor(random.uniform() * limit);
  for (let change = 1 + below(4); change > 0; change--) {
    const at = below(bytes.length);
    const end = at + 1 + below(16);
    const kind = below(6);
    if (kind === 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
    else if (kind === 1) bytes.fill(below(2) * 255, at, end);
    else if (kind === 2) bytes[at] = below(256);
    else if (kind === 3) bytes.copyWithin(below(bytes.length), at, end);
    else {
      const rest = kind === 4 ? end : at;
      const kept = [bytes.subarray(0, kind === 4 ? at : end), bytes.subarray(rest)];
      bytes = new Uint8Array(kept.reduce((sum, { length }) => sum + length, 0));
      bytes.set(kept[0] ?? []);
      bytes.set(kept[1] ?? [], kept[0]?.length);
    }
  }
  return below(10) === 0 ? bytes.slice(0, below(bytes.length)) : bytes;
}

/** Opens the files, finds the network and reads every tensor; returns whether all of this succeeded. */
async function survives(files: readonly NamedFile[]): Promise<boolean> {
  const size = files.reduce((sum, { file }) => sum + file.size, 0);
  let bytes = 0;
  const counted = files.map(({ path, file }) => ({
    path,
    file: new CountedBlob(file, (more) => {
      bytes += more;
    }),
  }));
  try {
    const opened = await openWeightFile(counted);
    for (const tensor of opened.tensors.values()) {
      bytes = 0;
      const numbers = await tensor.read().catch(expectUserError);
      // Numbers of 8 or 16 bits are widened to 32.
      expect(bytes).toBeLessThanOrEqual(2 * size);
      expect((numbers?.length ?? 0) <= size).toBe(true);
    }
    openPretrained(opened);
    return true;
  } catch (error) {
    expectUserError(error);
    return false;
  }
}

function expectUserError(error: unknown): null {
  if (!(error instanceof UserError)) throw error;
  return null;
}

async function bytesOf(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const [found] = await committed([name]);
  return new Uint8Array(await (found?.file ?? new Blob()).arrayBuffer());
}

/** The counts of all tests add up to 2,000. */
async function fuzz(count: number, filesOf: (random: Random) => Promise<NamedFile[]>): Promise<void> {
  const random = seededRandom(7);
  let read = 0;
  for (let i = 0; i < count; i++) if (await survives(await filesOf(random))) read++;
  expect(read).toBeLessThan(count);
}

const one = (bytes: Uint8Array<ArrayBuffer>): NamedFile[] => [{ path: 'weights', file: new Blob([bytes]) }];

test('safetensors, their headers above all', async () => {
  const source = await bytesOf('views.safetensors');
  const headerEnd = 8 + Number(new DataView(source.buffer).getBigUint64(0, true));
  await fuzz(800, async (random) => {
    const header = mutated(source.slice(0, headerEnd), random);
    if (random.uniform() < 0.5)
      new DataView(header.buffer).setBigUint64(0, BigInt(Math.max(0, header.length - 8)), true);
    const file = new Uint8Array(header.length + source.length - headerEnd);
    file.set(header);
    file.set(source.subarray(headerEnd), header.length);
    return one(file);
  });
});

test('checkpoints with values of many classes', async () => {
  const source = await bytesOf('checkpoint-protocol-4.pth');
  await fuzz(150, async (random) => one(mutated(source, random)));
});

test('zips of PyTorch', async () => {
  const source = await bytesOf('views.pth');
  await fuzz(200, async (random) => one(mutated(source, random)));
});

test('pickles in whole zips', async () => {
  const source = await bytesOf('views.pth');
  const storage = new Uint8Array(480);
  const start = source.findIndex((byte, i) => byte === 0x80 && source[i + 1] === 2);
  // PyTorch's zip has a signature after the entry.
  const end = source.findIndex((byte, i) => i > start && byte === 0x50 && source[i + 1] === 0x4b);
  const content = source.slice(start, end);
  const beside = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`data/${i}`, storage]));
  const whole = await openWeightFile(one(await bytesFrom(await archive(content, beside))));
  expect(whole.tensors.size).toBe(13);
  await fuzz(100, async (random) => one(await bytesFrom(await archive(mutated(content, random), beside))));
});

test('files from before PyTorch 1.6', async () => {
  const source = await bytesOf('views-legacy.pth');
  await fuzz(700, async (random) => one(mutated(source, random)));
});

test('model.json, its shards whole', async () => {
  const [model, ...shards] = await committed(['model.json', 'group1-shard1of2.bin', 'group1-shard2of2.bin']);
  const source = new Uint8Array(await (model?.file ?? new Blob()).arrayBuffer());
  await fuzz(200, async (random) => [
    { path: 'model.json', file: new Blob([mutated(source, random)]) },
    ...shards,
  ]);
});

async function bytesFrom(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await blob.arrayBuffer());
}
