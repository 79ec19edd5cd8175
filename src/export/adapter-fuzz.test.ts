/** Malicious files: each is rejected with a message and allocates no more memory than its size. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backbone } from '../backbone/backbone';
import { startBackend } from '../backend';
import { type Random, seededRandom } from '../core/random';
import type { SettingOptions } from '../core/setting';
import { UserError } from '../core/user-error';
import { readSafetensors } from '../files/safetensors';
import { backboneFixture } from '../training/backbone-fixture';
import { dictionariesOf } from '../training/decompositions';
import { modelFixture } from '../training/model-fixture';
import { openAdapter, type StoredModel, storedModelOf, writeAdapter } from './adapter';
import { decodeAdapter, encodeAdapter } from './adapter-file';

const FILE = 'odd.safetensors';
const CLASSES = ['a', 'b', 'c'];

describe('an adapter file whose header or bytes were changed', () => {
  let backbone: Backbone;
  const files = new Map<string, Uint8Array>();

  beforeAll(async () => {
    await startBackend('wasm');
    backbone = await backboneFixture({ baseWidth: 4, blocks: [1, 1], strideIn1x1: false }, 32);
    for (const [setting, options] of [
      ['lora', { r: 2, alpha: 4, from: 1 }],
      ['atoms', { m: 3 }],
      ['coefficient-atoms', { m: 2, kc: 2 }],
      ['core-atoms', { r: 2 }],
      ['full', {}],
    ] as const)
      files.set(setting, await written(setting, options));
  });
  afterAll(() => backbone.dispose());

  async function written(setting: string, options: SettingOptions): Promise<Uint8Array> {
    const model = await modelFixture(backbone, setting, options, CLASSES.length);
    const stored: StoredModel = {
      name: setting,
      classes: CLASSES,
      values: model.initial(seededRandom(2)),
      dictionaries: dictionariesOf(model.decompositions),
      // As if all of them were ambiguous, so that the file holds them.
      bases: model.decompositions.bases,
      framing: 'crop',
      training: {
        config: {
          ...{ setting, options, epochs: 1, batchSize: 4, learningRate: 1e-3, headLearningRate: 1e-3 },
          ...{ weightDecay: 0, warmup: 0, dropout: 0, augmentation: 'none', views: 0, patience: 0, seed: 0 },
          warmStart: false,
          probe: { epochs: 1, learningRate: 1e-2, weightDecay: 0, batchSize: 4 },
        },
        ...{ outcome: 'finished', epochs: 1, keptEpoch: 1, correct: 2, validationImages: 3 },
        byClass: { validation: { correct: [1, 0, 1], images: [1, 1, 1] }, test: null },
        data: 'three',
        ended: '2026-01-31T14:23:05.120Z',
        trainable: { backbone: model.table.backbone, head: model.table.head },
        ...{ seconds: 1, backend: 'wasm' },
      },
    };
    model.dispose();
    return writeAdapter(stored, backbone);
  }

  it.each(['lora', 'atoms', 'coefficient-atoms', 'core-atoms', 'full'])(
    'of %s is refused by name or harmless, and no array is larger than the file by much',
    (setting) => {
      const file = files.get(setting) ?? new Uint8Array();
      const random = seededRandom(11);
      let refused = 0;
      for (let round = 0; round < 400; round++) {
        const bytes = random.integer(4) > 0 ? changedHeader(file, random) : changedBytes(file, random);
        const { largest, error } = watched(() => storedModelOf(decodeAdapter(bytes, FILE), backbone, FILE));
        // The JSON text of the header is decoded, parsed and parsed again.
        expect(largest, `round ${round}`).toBeLessThan(4 * bytes.length + 65_536);
        if (error === null) continue;
        refused++;
        expect(error, `round ${round}: ${error instanceof Error ? error.stack : error}`).toBeInstanceOf(
          UserError,
        );
        expect(String(error), `round ${round}`).toContain(FILE);
      }
      expect(refused).toBeGreaterThan(200);
    },
  );

  it('opens, or is refused by name', async () => {
    const { header, tensors } = decodeAdapter(files.get('lora') ?? new Uint8Array(), FILE);
    // Without a hash, as in older files, so that changed numbers reach the network.
    const file = encodeAdapter({ tensors, header: { ...header, tensorHash: null } });
    const random = seededRandom(12);
    let opened = 0;
    for (let round = 0; round < 200; round++) {
      const bytes = random.integer(2) > 0 ? changedHeader(file, random) : changedBytes(file, random);
      try {
        await openAdapter(decodeAdapter(bytes, FILE), backbone, FILE);
        opened++;
      } catch (error) {
        expect(error, `round ${round}: ${error instanceof Error ? error.stack : error}`).toBeInstanceOf(
          UserError,
        );
        expect(String(error)).toContain(FILE);
      }
    }
    // Some fields, such as the learning rate, do not affect the computation.
    expect(opened).toBeGreaterThan(10);
  });
});

/** Values that header fields are set to. */
const VALUES: unknown[] = [
  ...[0, -1, 1, 2, 3, 4, 5, 16, 17, 64, 0.5, 1e6, 2 ** 31, 2 ** 53, 1e300, -1e300, 5e-324],
  ...[null, true, '', 'x', '__proto__', 'a'.repeat(2000), [], {}, [[]], [1, 2, 3], { m: 1e9 }],
];

/** A file with one to three fields of its header changed: those of the adapter, or those of its tensors. */
function changedHeader(file: Uint8Array, random: Random): Uint8Array {
  const head = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const data = file.subarray(8 + head);
  const json = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + head)));
  const adapter = JSON.parse(json.__metadata__.adapter);
  // Sizes are computed from these options.
  if (random.integer(3) === 0) change(adapter.options, random);
  for (let times = random.integer(3); times >= 0; times--)
    change(random.integer(5) > 0 ? adapter : json, random);
  if (json.__metadata__ && typeof json.__metadata__ === 'object')
    json.__metadata__.adapter = JSON.stringify(adapter);
  const text = new TextEncoder().encode(JSON.stringify(json));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

/** Sets, doubles or removes one field somewhere in the tree. */
function change(tree: object, random: Random): void {
  const fields: [owner: Record<string, unknown>, key: string][] = [];
  const walk = (node: unknown) => {
    if (node === null || typeof node !== 'object') return;
    const owner = node as Record<string, unknown>; // arrays have their indices as keys
    for (const key of Object.keys(owner)) {
      fields.push([owner, key]);
      walk(owner[key]);
    }
  };
  walk(tree);
  const field = fields[random.integer(Math.max(1, fields.length))];
  if (!field) return;
  const [owner, key] = field;
  const kind = random.integer(8);
  const value = owner[key];
  if (kind === 0) Reflect.deleteProperty(owner, key);
  else if (kind === 1 && Array.isArray(value)) value.push(...value);
  else if (kind === 2 && typeof value === 'number') owner[key] = value + 1;
  else owner[key] = VALUES[random.integer(VALUES.length)];
}

function changedBytes(file: Uint8Array, random: Random): Uint8Array {
  if (random.integer(3) === 0) return file.slice(0, random.integer(file.length));
  const bytes = file.slice();
  for (let flips = random.integer(4); flips >= 0; flips--) {
    const at = random.integer(random.integer(2) > 0 ? 4096 : file.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(8));
  }
  return bytes;
}

const ARRAYS = [
  'ArrayBuffer',
  'Uint8Array',
  'Uint16Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
] as const;

/** Runs `work` and returns the size of the largest array allocated during it, bytes. */
function watched(work: () => unknown): { largest: number; error: unknown } {
  let largest = 0;
  const whole = { ...Object.fromEntries(ARRAYS.map((name) => [name, globalThis[name]])) };
  for (const name of ARRAYS) {
    const original = globalThis[name] as new (...given: unknown[]) => { byteLength: number };
    const proxy = new Proxy(original, {
      construct(target, given, as) {
        // Counted before the allocation, which may fail. A view of a buffer allocates nothing.
        const [size] = given;
        if (typeof size === 'number')
          largest = Math.max(
            largest,
            size * ('BYTES_PER_ELEMENT' in target ? Number(target.BYTES_PER_ELEMENT) : 1),
          );
        return Reflect.construct(target, given, as);
      },
    });
    Object.assign(globalThis, { [name]: proxy });
  }
  try {
    work();
    return { largest, error: null };
  } catch (error) {
    return { largest, error };
  } finally {
    Object.assign(globalThis, whole);
  }
}

it('of the tests counts an array that is too large', () => {
  expect(watched(() => new Float32Array(1000)).largest).toBe(4000);
  expect(watched(() => readSafetensors(new Uint8Array(3), FILE)).error).toBeInstanceOf(UserError);
});
