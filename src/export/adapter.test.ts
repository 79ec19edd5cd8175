import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Backbone } from '../backbone/backbone';
import { starterFile } from '../backbone/starter';
import { startBackend } from '../backend';
import { seededRandom } from '../core/random';
import type { MemoryPlan } from '../core/run';
import type { SettingOptions } from '../core/setting';
import { UserError } from '../core/user-error';
import { CoefficientCache } from '../decompose/coefficient-cache';
import { findBases } from '../decompose/layer-bases';
import { methodById } from '../methods';
import { ATOM_KINDS } from '../methods/method';
import { ambiguousBases, dictionariesOf } from '../training/decompositions';
import { modelFixture } from '../training/model-fixture';
import { settingSummary } from '../training/setting-summary';
import {
  adapterSize,
  logitsOf,
  openAdapter,
  type StoredModel,
  storedModelOf,
  withModel,
  writeAdapter,
} from './adapter';
import { decodeAdapter, encodeAdapter, tensorHash } from './adapter-file';
import { checkImages } from './check-images';

const CLASSES = ['a', 'b', 'c'];
const COUNT = 3;

describe('an adapter', () => {
  let backbone: Backbone;
  let bytes: Uint8Array<ArrayBuffer>;
  const cache = new CoefficientCache(1e9);
  const recompute = { coefficients: cache.recall, bases: findBases };

  beforeAll(async () => {
    await startBackend('wasm');
    bytes = await starterFile();
    backbone = await Backbone.fromBytes(bytes, { id: 'starter', name: 'starter' });
  });
  afterAll(() => {
    backbone.dispose();
    expect(tf.memory().numTensors).toBe(0);
  });

  /** A model whose trained parameters all differ slightly from their initial values. */
  async function tuned(setting: string, options: SettingOptions): Promise<StoredModel> {
    const model = await modelFixture(backbone, setting, options, CLASSES.length);
    const random = seededRandom(3);
    const values = model.initial(random).map((value) => value + 0.02 * random.normal());
    const { backbone: inBackbone, head } = model.table;
    const stored: StoredModel = {
      name: `my ${setting}`,
      classes: CLASSES,
      values,
      dictionaries: dictionariesOf(model.decompositions),
      bases: ambiguousBases(model.decompositions),
      framing: 'crop',
      training: {
        config: {
          setting,
          options,
          epochs: 1,
          batchSize: 4,
          learningRate: 1e-3,
          headLearningRate: 1e-3,
          weightDecay: 0,
          warmup: 0,
          dropout: 0,
          augmentation: 'none',
          views: 0,
          patience: 0,
          seed: 0,
          warmStart: false,
          probe: { epochs: 1, learningRate: 1e-2, weightDecay: 0, batchSize: 4 },
        },
        outcome: 'finished',
        epochs: 1,
        keptEpoch: 1,
        correct: 2,
        validationImages: 3,
        byClass: { validation: { correct: [1, 0, 1], images: [1, 1, 1] }, test: null },
        data: 'three',
        ended: '2026-01-31T14:23:05.120Z',
        trainable: { backbone: inBackbone, head },
        seconds: 1,
        backend: 'wasm',
      },
    };
    // Like a session, reuse computed coefficients.
    for (const kind of ATOM_KINDS) cache.add(model.decompositions[kind]);
    model.dispose();
    return stored;
  }

  const logits = (stored: StoredModel) =>
    withModel(stored, backbone, (model, values) => logitsOf(model, values, checkImages(4, 64), 4), recompute);

  it.each([
    ['linear-probe', {}],
    ['atoms', { m: COUNT }],
    ['overcomplete-atoms', { m: COUNT, m1: 2 }],
    ['coefficient-atoms', { m: COUNT, kc: 2 }],
    ['all-atoms', { m: COUNT, m1: 2, kc: 4, from: 4 }],
    ['atoms', { m: COUNT, layers: 1, from: 4 }],
    ['coefficient-atoms', { m: COUNT, kc: 2, rank: 2, from: 4 }],
    ['core-atoms', { r: 3 }],
    ['lora-peft', { r: 2 }],
    ['lora-xs', { r: 2 }],
    ['svf', { from: 4 }],
    ['lora', { r: 1, alpha: 1 }],
    ['bitfit', {}],
    ['scale-and-shift', { from: 2 }],
    ['full', {}],
    ['atoms', { m: COUNT, from: 3 }],
  ])('of %s comes back with the same numbers and logits', async (setting, options) => {
    const stored = await tuned(setting, options);
    const file = await writeAdapter(stored, backbone, recompute);
    // The size is known before anything is computed or written.
    expect(adapterSize(stored, backbone)).toBe(file.byteLength);
    const adapter = decodeAdapter(file, 'a.safetensors');
    const summary = await settingSummary(
      methodById(setting),
      options,
      backbone.network,
      stored.classes.length,
      async () => ({}) as MemoryPlan,
    );
    const withoutBases = [...adapter.tensors].filter(([name]) => !/\.[USVP]$/.test(name));
    expect(withoutBases.reduce((sum, [, { data }]) => sum + data.byteLength, 0)).toBe(summary.adapterBytes);
    const opened = await openAdapter(adapter, backbone, 'a.safetensors', recompute);
    expect(opened.checkDifference).toBeLessThan(1e-6);
    expect(opened.stored.values).toEqual(stored.values);
    const [before, after] = [(await logits(stored)).flat(), (await logits(opened.stored)).flat()];
    for (const [index, value] of after.entries())
      expect(Math.abs(value - (before[index] ?? 0))).toBeLessThan(1e-4);
  });

  it('brings its coefficients back to the bit from the atoms it stores', async () => {
    const stored = await tuned('all-atoms', { m: COUNT, m1: 2, kc: 2, from: 4 });
    const file = await writeAdapter(stored, backbone, recompute);
    const opened = await openAdapter(decodeAdapter(file, 'a.safetensors'), backbone, 'a.safetensors');
    const codesOf = (model: StoredModel) =>
      withModel(model, backbone, async ({ decompositions }) => decompositions);
    const [before, after] = [await codesOf(stored), await codesOf(opened.stored)];
    expect(after.plain.size).toBe(3);
    expect(after.blocks.size).toBe(10);
    const learned = await modelFixture(backbone, 'all-atoms', { m: COUNT, m1: 2, kc: 2, from: 4 }, COUNT);
    for (const kind of ATOM_KINDS)
      for (const [layer, { coefficients }] of after[kind]) {
        expect(coefficients).toEqual(before[kind].get(layer)?.coefficients);
        expect(coefficients).toEqual(learned.decompositions[kind].get(layer)?.coefficients);
      }
    learned.dispose();
  });

  it('stores the bases that other programs may not find again, and only these', async () => {
    const layer = 'layer2.0.conv2';
    const stored = await tuned('core-atoms', { r: 3 });
    const found = await findBases(backbone, { form: 'channels', rank: 3 }, [layer]);
    const [bases] = found.values();
    if (!bases) throw new Error(`${layer} has no bases.`);
    // As another program could find them: with the first direction of the outputs reversed.
    const U = bases.tensors.U?.map((value, at) => (at % 3 === 0 ? -value : value)) ?? new Float32Array();
    const other = { tensors: { ...bases.tensors, U }, isAmbiguous: true };
    const model = { ...stored, bases: new Map([[layer, other]]) };
    const adapter = decodeAdapter(await writeAdapter(model, backbone, recompute), 'a.safetensors');
    const names = [...adapter.tensors.keys()].filter((name) => /\.[UVPS]$/.test(name));
    expect(names).toEqual([`${layer}.U`, `${layer}.V`]);
    const opened = await openAdapter(adapter, backbone, 'a.safetensors', recompute);
    expect(opened.checkDifference).toBeLessThan(1e-6);
    expect(opened.stored.bases.get(layer)?.tensors.U).toEqual(U);

    adapter.tensors.delete(`${layer}.V`);
    await expect(openAdapter(adapter, backbone, 'a.safetensors')).rejects.toThrow(
      `lacks the tensor ${layer}.V`,
    );
  });

  it('keeps no coefficients: its atoms are far smaller, and all that is stored beside what was trained', async () => {
    const { dictionaries } = await tuned('all-atoms', { m: COUNT, m1: 2, kc: 4, from: 4 });
    for (const kind of ATOM_KINDS)
      for (const dictionary of dictionaries[kind].values())
        expect(Object.keys(dictionary).sort()).toEqual(['atoms', 'lipschitz', 'relativeError']);
  });

  it('remembers whether its images were cropped or squeezed', async () => {
    for (const framing of ['crop', 'squeeze'] as const) {
      const file = await writeAdapter({ ...(await tuned('linear-probe', {})), framing }, backbone);
      const opened = await openAdapter(decodeAdapter(file, 'a.safetensors'), backbone, 'a.safetensors');
      expect(opened.stored.framing).toBe(framing);
    }
  });

  it('trained from a stage on holds nothing of what is below it', async () => {
    const stored = await tuned('atoms', { m: COUNT, from: 4 });
    const { header, tensors } = decodeAdapter(
      await writeAdapter(stored, backbone, recompute),
      'a.safetensors',
    );
    expect(header.options).toEqual({ m: COUNT, from: 4 });
    expect([...tensors.keys()].sort()).toEqual([
      'head.bias',
      'head.weight',
      ...[0, 1, 2].flatMap((block) => [`layer4.${block}.conv2.D`, `layer4.${block}.conv2.atoms.dD`]),
    ]);
  });

  it('made for images of another size is refused, with the size to choose', async () => {
    const adapter = decodeAdapter(
      await writeAdapter(await tuned('linear-probe', {}), backbone, recompute),
      'mine.safetensors',
    );
    adapter.header.inputSize = 96;
    await expect(openAdapter(adapter, backbone, 'mine.safetensors')).rejects.toThrow(
      /images of 96 pixels; this backbone takes 64. Choose 96 pixels/,
    );
  });

  it('made for another backbone is refused by name', async () => {
    const adapter = decodeAdapter(
      await writeAdapter(await tuned('atoms', { m: COUNT }), backbone, recompute),
      'a.safetensors',
    );
    adapter.header.backbone = { id: 'resnet50', hash: 'f'.repeat(64) };
    await expect(openAdapter(adapter, backbone, 'a.safetensors')).rejects.toThrow(
      /was trained on another backbone \(resnet50/,
    );
  });

  it('of which any byte of a tensor was changed is refused, even if its logits still agree', async () => {
    const file = await writeAdapter(await tuned('atoms', { m: COUNT, from: 3 }), backbone, recompute);
    const start = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
    const numbers = (file.length - start) / 4;
    for (const place of [0, 0.1, 0.3, 0.5, 0.7, 0.9, 1]) {
      const changed = file.slice();
      // The lowest byte of a number, so that the network computes almost the same.
      const at = start + 4 * Math.round(place * (numbers - 1));
      changed[at] = (changed[at] ?? 0) ^ 1;
      const adapter = decodeAdapter(changed, 'a.safetensors');
      await expect(openAdapter(adapter, backbone, 'a.safetensors', recompute)).rejects.toThrow(
        /^“a\.safetensors” was damaged or changed after it was saved: .* Copy the file again/,
      );
      // As in a file from before there was a hash: only the logits are checked.
      adapter.header.tensorHash = null;
      const opened = await openAdapter(adapter, backbone, 'a.safetensors', recompute);
      expect(opened.checkDifference).toBeLessThan(1e-5);
    }
  });

  it('whose tensors have other names or shapes has another hash', async () => {
    const data = Float32Array.of(1, 2, 3, 4);
    const hashes = await Promise.all(
      [
        new Map([['a', { shape: [4], data }]]),
        new Map([['b', { shape: [4], data }]]),
        new Map([['a', { shape: [2, 2], data }]]),
        new Map([
          ['a', { shape: [2], data: data.subarray(0, 2) }],
          ['b', { shape: [2], data: data.subarray(2) }],
        ]),
      ].map(tensorHash),
    );
    expect(new Set(hashes).size).toBe(4);
    const [first, second] = [
      { shape: [4], data },
      { shape: [], data: data.subarray(0, 1) },
    ];
    const inOrder = new Map(Object.entries({ a: first, b: second }));
    const reversed = new Map(Object.entries({ b: second, a: first }));
    expect(await tensorHash(inOrder)).toBe(await tensorHash(reversed));
  });

  it('whose numbers and hash were changed does not pass its check', async () => {
    const adapter = decodeAdapter(
      await writeAdapter(await tuned('atoms', { m: COUNT }), backbone, recompute),
      'a.safetensors',
    );
    const change = adapter.tensors.get('layer3.0.conv2.atoms.dD');
    if (change) change.data = change.data.map((value) => value + 0.05);
    adapter.header.tensorHash = await tensorHash(adapter.tensors);
    await expect(openAdapter(adapter, backbone, 'a.safetensors')).rejects.toThrow(
      /does not reproduce its check logits/,
    );
  });

  it('that lacks a tensor, has one of another shape, or is of an unknown setting is refused by name', async () => {
    const read = async () =>
      decodeAdapter(
        await writeAdapter(await tuned('atoms', { m: COUNT }), backbone, recompute),
        'a.safetensors',
      );
    const lacking = await read();
    lacking.tensors.delete('layer1.0.conv2.atoms.dD');
    await expect(openAdapter(lacking, backbone, 'a.safetensors')).rejects.toThrow(
      /lacks the tensor layer1\.0\.conv2\.atoms\.dD/,
    );
    const misshapen = await read();
    misshapen.tensors.set('conv1.atoms.dD', { shape: [1, 49], data: new Float32Array(49) });
    await expect(openAdapter(misshapen, backbone, 'a.safetensors')).rejects.toThrow(
      /conv1\.atoms\.dD is 1×49 instead of 3×49/,
    );
    const unknown = await read();
    unknown.header.setting = 'magic';
    await expect(openAdapter(unknown, backbone, 'a.safetensors')).rejects.toThrow(
      /“a\.safetensors” was created with the setting “magic”/,
    );
  });

  it('with another number of check images is checked by as many', async () => {
    const read = async () =>
      decodeAdapter(await writeAdapter(await tuned('bitfit', {}), backbone, recompute), 'a.safetensors');
    const fewer = await read();
    fewer.header.check.images = 3;
    fewer.header.check.logits.pop();
    expect((await openAdapter(fewer, backbone, 'a.safetensors')).checkDifference).toBeLessThan(1e-6);
    const more = await read();
    const nine = await withModel(storedModelOf(more, backbone, 'a.safetensors'), backbone, (model, values) =>
      logitsOf(model, values, checkImages(9, 64), 9),
    );
    more.header.check = { ...more.header.check, images: 9, logits: nine };
    expect((await openAdapter(more, backbone, 'a.safetensors')).checkDifference).toBeLessThan(1e-4);
    nine[8]?.reverse();
    await expect(openAdapter(more, backbone, 'a.safetensors')).rejects.toThrow(
      /does not reproduce its check logits/,
    );
  });

  it.each([
    [
      { options: { r: 1e6, alpha: 1 } },
      /of its options: LoRA: “Rank \(r\)” must be from 1 to 64, not 1000000/,
    ],
    [{ options: { r: 1.5, alpha: 1 } }, /must be a whole number/],
    [{ options: { r: 2, alpha: 1 } }, /states \d+ \+ \d+ trainable parameters/],
    [{ options: { r: 1, from: 9 } }, /“Train from stage” must be from 0 to 4, not 9/],
    [{ options: { r: 1, size: 3 } }, /has the option “size”, which the setting LoRA does not have/],
    [{ classes: ['a', 'b'] }, /states \d+ \+ \d+ trainable parameters/],
  ])('whose header has %j is refused by name', async (change, message) => {
    const adapter = decodeAdapter(
      await writeAdapter(await tuned('lora', { r: 1, alpha: 1 }), backbone, recompute),
      'a.safetensors',
    );
    Object.assign(adapter.header, change);
    expect(() => storedModelOf(adapter, backbone, 'a.safetensors')).toThrow(UserError);
    expect(() => storedModelOf(adapter, backbone, 'a.safetensors')).toThrow(message);
  });

  it('is a file anyone can read again after it was written again', async () => {
    const file = await writeAdapter(await tuned('lora', { r: 1, alpha: 1 }), backbone, recompute);
    expect(encodeAdapter(decodeAdapter(file, 'a.safetensors'))).toEqual(file);
  });
});
