/** Checkpoints as training scripts save them: where in a file the network is. */
import { describe, expect, test } from 'vitest';
import { UserError } from '../core/user-error';
import { openWeightFile } from '../files/open-weight-file';
import { archive, dictionary, op, pickle, tensor } from '../files/state-dict-fixture';
import type { WeightFile } from '../files/weight-file';
import { Backbone } from './backbone';
import { convolutions, network } from './layout';
import { openPretrained } from './pretrained';
import { committed } from './weight-forms';

type Value = readonly number[];
type Values = Record<string, Value>;

/** The smallest ResNet-50 there is: one stage of width 1. */
const LAYERS = convolutions(network({ baseWidth: 1, blocks: [3], strideIn1x1: false }));
const NUMBERS = 1024;

/** A view of the storage `key`. */
function view(key: string, shape: readonly number[], type = 'FloatStorage'): Value {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((size, next) => size * next, 1));
  return tensor(key, NUMBERS, shape.map(op.int), strides.map(op.int), { type });
}

/** A network's weights, each the beginning of the storage `key`; `classes`: of its classifier. */
function weights(key: string, { prefix = '', classes = 10, type = 'FloatStorage' } = {}): Values {
  const values: Values = {};
  for (const { name, batchNorm, cIn, cOut, kernel } of LAYERS) {
    values[`${prefix}${name}.weight`] = view(key, [cOut, cIn, kernel, kernel], type);
    for (const part of ['weight', 'bias', 'running_mean', 'running_var'])
      values[`${prefix}${batchNorm}.${part}`] = view(key, [cOut], type);
  }
  values[`${prefix}fc.weight`] = view(key, [classes, 4], type);
  values[`${prefix}fc.bias`] = view(key, [classes], type);
  return values;
}

/** Storages of one number each: what is read tells where it comes from. */
const STORAGES = {
  'data/1': new Float32Array(NUMBERS).fill(1),
  'data/2': new Float32Array(NUMBERS).fill(2),
  'data/3': new Float32Array(NUMBERS).fill(3),
  'data/double': new Float64Array(NUMBERS).fill(0.1),
  'data/bytes': new Int8Array(NUMBERS).fill(1),
};

async function opened(value: Value): Promise<WeightFile> {
  const file = await archive(pickle(op.proto, value, op.stop), STORAGES);
  return openWeightFile([{ path: 'checkpoint.pth', file }]);
}

/** The storage that the first kernel is read from, and the number of classes. */
async function read(file: WeightFile, trunk?: string) {
  const pretrained = openPretrained(file, { trunk });
  const { kernel } = await pretrained.readLayer(pretrained.network.stem);
  const head = await pretrained.readHead();
  return { ...pretrained, first: kernel[0], classes: head?.classes ?? null, head };
}

function refusal(file: WeightFile, trunk?: string): string {
  try {
    openPretrained(file, { trunk });
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return String(error);
  }
  throw new Error('The file was accepted.');
}

const EPOCH = { epoch: op.int(3) };

describe('one network in a checkpoint is found and its key told', () => {
  test.each([
    ...['state_dict', 'state_dict_ema', 'model_state', 'net', 'weights', 'params', 'teacher', 'student'],
    ...['ema', 'model_ema', 'module', 'any key at all'],
  ])('under “%s”', async (key) => {
    const file = await opened(dictionary({ ...EPOCH, [key]: dictionary(weights('1')) }));
    const { first, classes, notices } = await read(file);
    expect([first, classes]).toEqual([1, 10]);
    expect(notices).toEqual([`The weights under “${key}” are used.`]);
  });

  test('in a dictionary in a dictionary, or in a list', async () => {
    const inner = dictionary({ module: dictionary(weights('2')), decay: op.int(1) });
    expect((await read(await opened(dictionary({ ema: inner })))).first).toBe(2);
    const list = [...op.emptyList, ...op.int(1), ...op.append, ...dictionary(weights('3')), ...op.append];
    expect((await read(await opened(list))).first).toBe(3);
  });

  test.each(['module.', 'model.', 'backbone.', 'module.backbone.', '_orig_mod.', 'net.encoder.'])(
    'with “%s” before its names',
    async (prefix) => {
      const file = await opened(dictionary({ state_dict: dictionary(weights('1', { prefix })) }));
      const { first, classes, trunk } = await read(file);
      expect([first, classes, trunk.used]).toEqual([1, 10, `state_dict.${prefix.slice(0, -1)}`]);
    },
  );

  test('under one key of two that name the same dictionary', async () => {
    const shared = [...dictionary(weights('1')), ...op.put(0)];
    const file = await opened(dictionary({ model: shared, best: op.get(0) }));
    expect((await read(file)).trunk.all).toEqual(['model']);
  });

  test('with the places of torch.nn.Sequential for names', async () => {
    const places = Object.entries(weights('1')).map(([name, value]): [string, Value] => [
      name
        .replace(/^conv1\./, '0.')
        .replace(/^bn1\./, '1.')
        .replace(/^layer1\./, '4.')
        .replace(/^fc/, '1.8'),
      value,
    ]);
    const body = places.map(([name, value]) => [name.startsWith('1.8') ? name : `0.${name}`, value]);
    const file = await opened(dictionary({ model: dictionary(Object.fromEntries(body)) }));
    const { first, classes, layers } = await read(file);
    expect([first, classes, layers.length]).toEqual([1, null, LAYERS.length]);
  });

  test('beside a dictionary of a network that is not whole', async () => {
    const { 'layer1.2.conv3.weight': _, ...part } = weights('1');
    const file = await opened(dictionary({ old: dictionary(part), net: dictionary(weights('2')) }));
    expect((await read(file)).first).toBe(2);
  });
});

describe('of several networks one is used by the rule, and the others are told', () => {
  const pairs: [used: string, other: string, because: string][] = [
    ['state_dict_ema', 'state_dict', 'averaged weights'],
    ['model_ema', 'model', 'averaged weights'],
    ['ema', 'net', 'averaged weights'],
    ['swa_model', 'model', 'averaged weights'],
    ['teacher', 'student', 'DINO'],
    ['online_network', 'target_network', 'only follows it'],
  ];
  test.each(pairs)('“%s” before “%s”, in whichever order', async (used, other, because) => {
    for (const order of [
      [used, other],
      [other, used],
    ]) {
      const entries = order.map((key) => [key, dictionary(weights(key === used ? '1' : '2'))]);
      const file = await opened(dictionary({ ...Object.fromEntries(entries), ...EPOCH }));
      const { first, trunk, notices } = await read(file);
      expect([first, trunk]).toEqual([1, { used, all: order }]);
      expect(notices).toHaveLength(1);
      expect(notices[0]).toMatch(new RegExp(`Used: “${used}” .*${because}.*Not used: “${other}”`));
      expect((await read(file, other)).first).toBe(2);
      expect((await read(file, used)).first).toBe(1);
    }
  });

  test('in one flat state dict: MoCo’s query encoder, whose fc is no classifier', async () => {
    const query = weights('1', { prefix: 'module.encoder_q.', classes: 128 });
    const key = weights('2', { prefix: 'module.encoder_k.', classes: 128 });
    const file = await opened(dictionary({ state_dict: dictionary({ ...key, ...query }) }));
    const { first, classes, trunk } = await read(file);
    expect([first, classes, trunk.used]).toEqual([1, null, 'state_dict.module.encoder_q']);
  });

  test('the first where the rule names none', async () => {
    const file = await opened(dictionary({ b: dictionary(weights('2')), a: dictionary(weights('1')) }));
    const { first, notices } = await read(file);
    expect(first).toBe(2);
    expect(notices[0]).toContain('“b” (the first in the file). Not used: “a”');
  });

  test('a label that the file does not have is refused with those it has', async () => {
    const file = await opened(dictionary({ b: dictionary(weights('2')), a: dictionary(weights('1')) }));
    expect(refusal(file, 'c')).toMatch(/no ResNet-50 under “c”. Choose “b” or “a”/);
  });

  test('each is a backbone of its own: models of one do not fit the other', async () => {
    const both = await opened(dictionary({ b: dictionary(weights('2')), a: dictionary(weights('1')) }));
    const alone = await opened(dictionary({ b: dictionary(weights('2')) }));
    const hashes: string[] = [];
    for (const [file, trunk] of [
      [both, 'a'],
      [both, 'b'],
      [both, undefined],
      [alone, undefined],
    ] as const) {
      const backbone = await Backbone.load(file, { id: 'x', name: 'x', sha256: 'f'.repeat(64) }, { trunk });
      hashes.push(backbone.hash);
      backbone.dispose();
    }
    expect(hashes[0]).not.toBe(hashes[1]);
    expect(hashes[2]).toBe(hashes[1]);
    expect(hashes[3]).toBe('f'.repeat(64));
  });
});

describe('no network', () => {
  test('the file’s keys are named', async () => {
    const other = { 'a.weight': view('1', [2, 2]) };
    const file = await opened(dictionary({ ...EPOCH, generator: dictionary(other), loss: op.int(1) }));
    expect(refusal(file)).toMatch(
      /1 weights: generator\.a\.weight\. Its keys are “epoch”, “generator”, “loss”/,
    );
  });

  test('what the first one lacks is named with its key', async () => {
    const { 'layer1.2.conv3.weight': _, ...part } = weights('1');
    const file = await opened(dictionary({ net: dictionary(part) }));
    expect(refusal(file)).toMatch(/lacks net\.layer1\.2\.conv3\.weight/);
  });
});

describe('the classifier is the trunk’s own', () => {
  test.each([3, 10])('and no auxiliary one before it, of %d classes', async (classes) => {
    const aux = { 'aux.fc.weight': view('2', [classes, 4]), 'aux.fc.bias': view('2', [classes]) };
    const { head } = await read(await opened(dictionary({ ...aux, ...weights('1', { classes: 7 }) })));
    expect([head?.classes, head?.weight[0]]).toEqual([7, 1]);
  });

  test('one of other features is none of its own', async () => {
    const aux = { 'aux.fc.weight': view('2', [10, 16]), 'aux.fc.bias': view('2', [10]) };
    expect((await read(await opened(dictionary({ ...aux, ...weights('1') })))).classes).toBe(10);
    const { 'fc.weight': _, 'fc.bias': __, ...trunk } = weights('1');
    expect((await read(await opened(dictionary({ ...aux, ...trunk })))).classes).toBeNull();
  });

  test('beside the trunk’s prefix, as in mmpretrain and Lightning', async () => {
    const trunk = Object.entries(weights('1', { prefix: 'backbone.' })).filter(
      ([name]) => !name.includes('fc'),
    );
    for (const head of ['fc', 'head.fc']) {
      const own = { [`${head}.weight`]: view('3', [5, 4]), [`${head}.bias`]: view('3', [5]) };
      const file = await opened(dictionary({ ...Object.fromEntries(trunk), ...own }));
      expect((await read(file)).classes).toBe(5);
    }
  });
});

describe('numbers of other types', () => {
  test('64 bits are rounded to 32, with a notice', async () => {
    const file = await opened(dictionary(weights('double', { type: 'DoubleStorage' })));
    const { first, notices } = await read(file);
    expect(first).toBe(Math.fround(0.1));
    expect(notices).toEqual([expect.stringContaining('64-bit numbers. They are rounded to 32 bits')]);
  });

  test('whole numbers are refused by name before anything is read', async () => {
    const file = await opened(dictionary(weights('bytes', { type: 'CharStorage' })));
    expect(refusal(file)).toMatch(/of another type than F32.*: conv1\.weight is stored as I8/);
  });

  test('quantized tensors are refused by what they are', async () => {
    const { 'conv1.weight': _, ...rest } = weights('1');
    const quantized = [...op.global('torch._utils', '_rebuild_qtensor'), ...op.emptyTuple, ...op.reduce];
    const file = await opened(dictionary({ 'conv1.weight': quantized, ...rest }));
    expect(refusal(file)).toMatch(/conv1\.weight is an object of the class torch\._utils\._rebuild_qtensor/);
  });
});

describe('a checkpoint that PyTorch wrote, with values of many classes beside the weights', () => {
  test.each([
    ['checkpoint.pth', 'state_dict_ema', 2],
    ['checkpoint-protocol-4.pth', 'model', 1],
  ])('%s: the weights under %s are narrow.pth’s', async (name, used, networks) => {
    const expected = openPretrained(await openWeightFile(await committed(['narrow.pth'])));
    const found = await read(await openWeightFile(await committed([name])));
    expect(found.trunk.used).toBe(used);
    expect(found.trunk.all).toHaveLength(networks);
    expect(found.layers).toHaveLength(LAYERS.length);
    for (const layer of found.layers)
      expect(await found.readLayer(layer)).toEqual(await expected.readLayer(layer));
    expect(found.notices.at(-1)).toMatch(/objects of __main__\.Options\. .* none of their code was run/);
  });

  test('the averaged weights can be left for the plain ones, which have 64 bits', async () => {
    const file = await openWeightFile(await committed(['checkpoint.pth']));
    const averaged = await read(file);
    const plain = await read(file, 'state_dict.module');
    expect(plain.first).toBe(2 * (averaged.first ?? 0));
    expect(plain.notices.join()).toContain('64-bit');
    expect(averaged.notices.join()).not.toContain('64-bit');
  });
});
