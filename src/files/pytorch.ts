/**
 * Reads state dicts and checkpoints written by `torch.save` (torch/serialization.py): a pickle that describes the tensors, and
 * their storages as raw bytes. Since PyTorch 1.6 both are uncompressed entries of a zip; before, they were concatenated. Both are
 * read in place. The size of a storage is checked against the tensors that use it before any of it is read.
 *
 * A checkpoint contains the weights and other values, in a dictionary under any key. All tensors are listed; those in a nested
 * dictionary are prefixed with its key: `state_dict.conv1.weight`. backbone/trunks.ts determines which of them form a network.
 */
import type { FileEntry } from '@zip.js/zip.js';
import { UserError } from '../core/user-error';
import { BYTES_PER_NUMBER, product } from './number-types';
import { openZip } from './open-zip';
import {
  PickleDict,
  PickleGlobal,
  PickleList,
  PickleObject,
  type PickleRules,
  PickleTuple,
  type PickleValue,
  readPickle,
} from './pickle';
import { isDangerous, isExpected } from './pickled-names';
import {
  listed,
  quotedKey,
  readBlob,
  shortened,
  type WeightFile,
  type WeightTensor,
  weightTensor,
} from './weight-file';
import { listEntries } from './zip-entries';

/** Maximum size of the pickle. A ResNet-50's has 40 KB; NumPy arrays in a checkpoint are stored inside the pickle. */
const MAX_PICKLE_BYTES = 16 * 2 ** 20;
const MAX_DIMENSIONS = 8;
/** Maximum depth of nested dictionaries that are searched. */
const MAX_DEPTH = 8;
/** Size of the element count before each storage in files from before PyTorch 1.6. */
const COUNT_BYTES = 8;
/** Size of a zip entry's local header without its name (PKWARE APPNOTE 4.3.7). */
const LOCAL_HEADER_BYTES = 30;

/** The first bytes of a file from before PyTorch 1.6: the pickle of its magic number. */
const LEGACY_MAGIC = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];

/** `torch`'s class → the type's name in safetensors. */
const STORAGES: Readonly<Record<string, string>> = {
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  DoubleStorage: 'F64',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};

class Storage {
  constructor(
    readonly dtype: string,
    readonly key: string,
    /** Number of elements. */
    readonly count: number,
  ) {}

  get width(): number {
    return BYTES_PER_NUMBER.get(this.dtype) ?? 0;
  }
}

class View {
  constructor(
    readonly storage: Storage,
    /** Offset and strides are in elements, not bytes. */
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}

  /** Number of elements of the storage from the first to the last one used, inclusive. */
  get extent(): number {
    if (product(this.shape) === 0) return 0;
    return this.shape.reduce((last, size, axis) => last + (size - 1) * (this.strides[axis] ?? 0), 1);
  }
}

type Made = Storage | View;
type Value = PickleValue<Made>;

/** A file whose pickle has been read: the described value, and the locations of the storages. */
interface Contents {
  state: Value;
  /** The bytes of a storage; called only for storages that a tensor uses. */
  locate: (storage: Storage) => Blob | Promise<Blob>;
  bigEndian: boolean;
}

export function isLegacy(first: Uint8Array): boolean {
  return LEGACY_MAGIC.every((byte, i) => first[i] === byte);
}

/**
 * Opens a file written by `torch.save`: a state dict, or a checkpoint with state dicts under keys.
 * @throws UserError if the file is damaged, has no named tensors, or its pickle names a function that runs programs
 */
export async function openPyTorch(blob: Blob, fileName: string, legacy: boolean): Promise<WeightFile> {
  const foreign = new Set<string>();
  const rules = stateDictRules(fileName, foreign);
  const contents = legacy ? await readLegacy(blob, rules, fileName) : await readZip(blob, rules, fileName);
  const tensors = new Map<string, WeightTensor>();
  const unreadable = new Map<string, string>();
  for (const [name, value] of named(contents.state)) {
    if (value instanceof PickleObject) unreadable.set(name, described(value));
    else {
      const bytes = () => viewBytes(value, contents, fileName);
      tensors.set(
        name,
        weightTensor({ fileName, name, dtype: value.storage.dtype, shape: value.shape, bytes }),
      );
    }
  }
  if (tensors.size === 0) throw withoutTensors(fileName, contents.state, unreadable);
  const keys = childrenOf(contents.state).map(([key]) => key);
  return {
    ...{ fileName, form: 'pytorch', blobs: [blob], tensors, metadata: {}, unreadable, keys },
    notices: foreign.size > 0 ? [leftOut([...foreign])] : [],
  };
}

function leftOut(classes: readonly string[]): string {
  return `The file also contains objects of ${listed(classes.map(shortened))}. They are not weights and were left out; none of their code was run.`;
}

/** All tensors by name, and objects in the place of a tensor, in the file's order. Shared values are listed once. */
function* named(state: Value): Generator<[name: string, value: View | PickleObject<Made>]> {
  const met = new Set<Value>();
  function* within(value: Value, path: string, depth: number): ReturnType<typeof named> {
    if (value instanceof View) yield [path, value];
    if (value instanceof PickleObject && path !== '') yield [path, value];
    if (depth > MAX_DEPTH || met.has(value)) return;
    met.add(value);
    for (const [key, inner] of childrenOf(value))
      yield* within(inner, path === '' ? key : `${path}.${key}`, depth + 1);
  }
  yield* within(state, '', 0);
}

/** The children of a dictionary, a list or a similar object, by key or index. */
function childrenOf(value: Value): [key: string, value: Value][] {
  const entries =
    value instanceof PickleDict || value instanceof PickleObject
      ? [...value.entries].map(([key, inner]): [string, Value] => [String(key), inner])
      : [];
  const items =
    value instanceof PickleList || value instanceof PickleTuple || value instanceof PickleObject
      ? value.items
      : [];
  return [...entries, ...items.map((inner, place): [string, Value] => [String(place), inner])];
}

function described(object: PickleObject<Made>): string {
  const name = shortened(object.className);
  return isModule(object)
    ? `a whole model of the class ${name}, which only PyTorch can open: save its state_dict() instead`
    : `an object of the class ${name}`;
}

/** Whether an object is a `torch.nn.Module`, by its attributes. */
function isModule(value: Value): boolean {
  return (
    value instanceof PickleObject && value.state instanceof PickleDict && value.state.entries.has('_modules')
  );
}

function withoutTensors(fileName: string, state: Value, unreadable: ReadonlyMap<string, string>): UserError {
  const whole = [state, ...childrenOf(state).map(([, value]) => value)].find(isModule);
  if (whole instanceof PickleObject) {
    return new UserError(
      `“${fileName}” contains a whole model of the class ${shortened(whole.className)}, not its state dict. Only PyTorch with the model's code can open it. ` +
        'Load it there and save its state dict: torch.save(model.state_dict(), "weights.pth"). Then choose that file.',
    );
  }
  if (state instanceof PickleObject)
    return damaged(fileName, `it contains ${described(state)} and no named tensors`);
  const keys = childrenOf(state).map(([key]) => quotedKey(key, unreadable));
  return damaged(
    fileName,
    `it contains no named tensors${keys.length > 0 ? `; its keys are ${listed(keys)}` : ''}`,
  );
}

function damaged(fileName: string, fault: string): UserError {
  return new UserError(
    `“${fileName}” is not a usable PyTorch state dict: ${fault}. Download it again, or save it again with torch.save(model.state_dict(), …).`,
  );
}

function refused(fileName: string, what: string): UserError {
  return new UserError(
    `“${fileName}” asks for ${what}, which a state dict does not need. Such files can run any code, so it is not read. ` +
      'Save only model.state_dict(), or use the weights as .safetensors.',
  );
}

/** `foreign` collects the names of classes that are not expected in a checkpoint. */
function stateDictRules(fileName: string, foreign: Set<string>): PickleRules<Made> {
  const fail = (fault: string) => damaged(fileName, fault);
  const callables: [string, (args: readonly Value[]) => Value][] = [
    ['collections.OrderedDict', dictionary],
    ['collections.defaultdict', () => new PickleDict()],
    ['builtins.dict', dictionary],
    ['__builtin__.dict', dictionary],
    ['torch._utils._rebuild_tensor', (args) => view(args, fail)],
    ['torch._utils._rebuild_tensor_v2', (args) => view(args, fail)],
    ['torch._utils._rebuild_parameter', parameter],
    ['torch._utils._rebuild_parameter_with_state', parameter],
    ['torch._tensor._rebuild_from_type_v2', subclassed],
  ];
  const known = new Map(callables.map(([name, call]) => [name, new PickleGlobal(name, call)]));
  return {
    global: (name) => {
      if (isDangerous(name)) throw refused(fileName, shortened(name));
      const global = known.get(name);
      if (!global && !isExpected(name)) foreign.add(name);
      return global ?? new PickleGlobal(name);
    },
    persistent: (id) => storage(id, fail),
    refused: (what) => refused(fileName, what),
    damaged: fail,
  };
}

/** `OrderedDict()`, or Python 2's form with a list of pairs. */
function dictionary([pairs]: readonly Value[]): PickleDict<Made> {
  const made = new PickleDict<Made>();
  const items = pairs instanceof PickleList ? pairs.items : [];
  for (const pair of items) {
    const [key, value = null] = pair instanceof PickleList || pair instanceof PickleTuple ? pair.items : [];
    if (typeof key === 'string' || typeof key === 'number') made.entries.set(key, value);
  }
  return made;
}

/** From (tensor, …). */
function parameter([data = null]: readonly Value[]): Value {
  return data;
}

/** A tensor with attributes or of a subclass, from (function, class, arguments, attributes). */
function subclassed([rebuild, type, args]: readonly Value[]): Value {
  if (rebuild instanceof PickleGlobal && rebuild.call && args instanceof PickleTuple)
    return rebuild.call(args.items);
  return new PickleObject(type instanceof PickleGlobal ? type.name : 'torch.Tensor');
}

type Fail = (fault: string) => UserError;

/**
 * From ('storage', class, key, device, count) and, before PyTorch 1.6, the storage that this one is a view of. Before 1.6, whole
 * models also refer to their classes by persistent ids: ('module', class, file, source).
 */
function storage(id: Value, fail: Fail): Value {
  const [kind, type, key, , count, whole = null] = id instanceof PickleTuple ? id.items : [];
  if (kind === 'module' && type instanceof PickleGlobal) return type;
  if (kind !== 'storage' || !(type instanceof PickleGlobal) || typeof key !== 'string' || whole !== null)
    throw fail('it refers to external data that is not a tensor storage');
  const dtype = STORAGES[type.name.replace(/^torch\./, '')];
  // Quantized and complex numbers, for example.
  if (dtype === undefined) return new PickleObject(type.name);
  if (!isCount(count)) throw fail(`its storage ${shortened(key)} has no valid size`);
  return new Storage(dtype, key, count);
}

/** From (storage, offset, shape, strides, …); the remaining arguments concern gradients. */
function view([of, offset, shape, strides]: readonly Value[], fail: Fail): View | PickleObject<Made> {
  if (of instanceof PickleObject) return of;
  if (!(of instanceof Storage) || !isCount(offset)) throw fail('a tensor in it has no storage');
  const [sizes, steps] = [counts(shape), counts(strides)];
  if (!sizes || !steps || sizes.length !== steps.length || sizes.length > MAX_DIMENSIONS)
    throw fail('a tensor in it has no valid shape');
  const made = new View(of, offset, sizes, steps);
  // Negated so that NaN, which overflowing sizes give, also fails.
  if (!(product(sizes) <= of.count && offset + made.extent <= of.count))
    throw fail(`a tensor of the shape [${sizes}] reaches beyond its storage of ${of.count} numbers`);
  return made;
}

function counts(value: Value | undefined): readonly number[] | null {
  return value instanceof PickleTuple && value.items.every(isCount) ? value.items : null;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

async function readZip(blob: Blob, rules: PickleRules<Made>, fileName: string): Promise<Contents> {
  const reader = await openZip(blob);
  let entries: Map<string, FileEntry>;
  try {
    entries = new Map((await listEntries(reader, fileName)).map((entry) => [entry.filename, entry]));
  } finally {
    await reader.close();
  }
  const pickle = [...entries.keys()].find((name) => /(^|\/)data\.pkl$/.test(name));
  if (pickle === undefined) throw otherZip(fileName, [...entries.keys()]);
  const root = pickle.slice(0, -'data.pkl'.length);
  if (entries.has(`${root}constants.pkl`))
    throw new UserError(
      `“${fileName}” is a TorchScript archive, a program with its weights. In PyTorch, save the weights alone: ` +
        'torch.save(torch.jit.load("model.pt").state_dict(), "weights.pth"). Then choose that file.',
    );
  const contentOf = (name: string) => {
    const entry = entries.get(root + name);
    if (!entry) throw damaged(fileName, `its part “${shortened(name)}” is missing`);
    return storedEntry(blob, entry, fileName);
  };
  const bytes = await readBlob(checkedPickle(await contentOf('data.pkl'), fileName), fileName);
  const { value } = readPickle(bytes, 0, rules);
  checkStorages(value, (of) => {
    const size = entries.get(`${root}data/${of.key}`)?.uncompressedSize;
    if (size === undefined || size > blob.size || size < of.count * of.width)
      throw damaged(fileName, `storage ${shortened(of.key)} does not have the expected ${of.count} numbers`);
  });
  const order = entries.has(`${root}byteorder`) ? await contentOf('byteorder') : null;
  return {
    state: value,
    locate: ({ key }) => contentOf(`data/${key}`),
    bigEndian: order !== null && (await order.slice(0, 8).text()).startsWith('big'),
  };
}

/** The error for a zip that torch.save did not write; its entries determine the message. */
function otherZip(fileName: string, names: readonly string[]): UserError {
  const inner = names.find((name) => /\.(pth|pt|bin|ckpt|safetensors)$/i.test(name));
  if (inner !== undefined)
    return new UserError(
      `“${fileName}” is a zip with “${shortened(inner)}” in it. Unpack it, and choose that file.`,
    );
  if (names.includes('model.weights.h5'))
    return new UserError(
      `“${fileName}” is a Keras file. Convert it with tensorflowjs_converter, and choose model.json and its shards.`,
    );
  if (names.some((name) => name.endsWith('.npy')))
    return new UserError(
      `“${fileName}” is a NumPy file (.npz). Save its arrays by name as .safetensors, and choose that file.`,
    );
  return new UserError(
    `“${fileName}” is a zip without PyTorch's data.pkl, so it contains no state dict. Choose the .pth file itself.`,
  );
}

function checkedPickle(content: Blob, fileName: string): Blob {
  if (content.size > MAX_PICKLE_BYTES)
    throw refused(fileName, `a pickle of ${(content.size / 2 ** 20).toFixed(0)} MB`);
  return content;
}

function checkStorages(state: Value, check: (storage: Storage) => void): void {
  const storages = [...named(state)].flatMap(([, value]) => (value instanceof View ? [value.storage] : []));
  for (const used of new Set(storages)) check(used);
}

/** An entry's bytes in place. The local header before them has a variable length that the central directory does not record. */
async function storedEntry(blob: Blob, entry: FileEntry, fileName: string): Promise<Blob> {
  const { offset, uncompressedSize: size, filename } = entry;
  if (entry.compressionMethod !== 0 || entry.encrypted || entry.compressedSize !== size)
    throw damaged(fileName, `its part “${shortened(filename)}” is compressed, which torch.save never does`);
  const header = await readBlob(blob.slice(offset, offset + LOCAL_HEADER_BYTES), fileName);
  const view = new DataView(header.buffer);
  const cutShort = () => damaged(fileName, `its part “${shortened(filename)}” is cut short`);
  if (header.length < LOCAL_HEADER_BYTES || view.getUint32(0, true) !== 0x04034b50) throw cutShort();
  const start = offset + LOCAL_HEADER_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
  if (start + size > blob.size) throw cutShort();
  return blob.slice(start, start + size);
}

/** Reads the pickles of magic number, version, machine, state and storage keys; then each storage, preceded by its count. */
async function readLegacy(blob: Blob, rules: PickleRules<Made>, fileName: string): Promise<Contents> {
  const bytes = await readBlob(blob.slice(0, MAX_PICKLE_BYTES), fileName);
  const used = new Map<string, Storage>();
  const persistent = (id: Value) => {
    const of = rules.persistent(id);
    if (of instanceof Storage) used.set(of.key, of);
    return of;
  };
  const version = readPickle(bytes, LEGACY_MAGIC.length, rules);
  const machine = readPickle(bytes, version.end, rules);
  const state = readPickle(bytes, machine.end, { ...rules, persistent });
  const keys = readPickle(bytes, state.end, rules);
  if (!(keys.value instanceof PickleList)) throw damaged(fileName, 'its list of storages is missing');
  const places = new Map<string, Blob>();
  let at = keys.end;
  for (const key of keys.value.items) {
    const of = typeof key === 'string' ? used.get(key) : undefined;
    if (!of) throw damaged(fileName, 'it has a storage of no known size');
    const end = at + COUNT_BYTES + of.count * of.width;
    const count = await readBlob(blob.slice(at, at + COUNT_BYTES), fileName);
    if (end > blob.size || new DataView(count.buffer).getBigInt64(0, true) !== BigInt(of.count))
      throw damaged(fileName, `storage ${shortened(of.key)} does not have the expected ${of.count} numbers`);
    places.set(of.key, blob.slice(at + COUNT_BYTES, end));
    at = end;
  }
  checkStorages(state.value, ({ key }) => {
    if (!places.has(key)) throw damaged(fileName, `storage ${shortened(key)} is missing`);
  });
  return {
    state: state.value,
    locate: ({ key }) => places.get(key) ?? new Blob(),
    bigEndian: machine.value instanceof PickleDict && machine.value.entries.get('little_endian') === false,
  };
}

/** The bytes of a tensor, row-major and little-endian. */
async function viewBytes(
  { storage: of, offset, shape, strides, extent }: View,
  { locate, bigEndian }: Contents,
  fileName: string,
): Promise<Uint8Array> {
  const { width } = of;
  const place = await locate(of);
  const bytes = await readBlob(place.slice(offset * width, (offset + extent) * width), fileName);
  if (bytes.length !== extent * width) throw damaged(fileName, `storage ${shortened(of.key)} is cut short`);
  if (bigEndian) for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
  return isContiguous(shape, strides) ? bytes : gathered(bytes, width, shape, strides);
}

/** Whether the tensor is contiguous; the stride of an axis of length 1 is ignored. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] ?? 0;
    if (size !== 1 && strides[axis] !== expected) return false;
    expected *= size;
  }
  return true;
}

/** Copies a strided view, whose first element is at the start of `bytes`, into row-major order. */
function gathered(
  bytes: Uint8Array,
  width: number,
  shape: readonly number[],
  strides: readonly number[],
): Uint8Array {
  const result = new Uint8Array(product(shape) * width);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to += width) {
    for (let byte = 0; byte < width; byte++) result[to + byte] = bytes[from * width + byte] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const [size, stride, at] = [shape[axis] ?? 0, strides[axis] ?? 0, (index[axis] ?? 0) + 1];
      if (at < size) {
        index[axis] = at;
        from += stride;
        break;
      }
      index[axis] = 0;
      from -= stride * (size - 1);
    }
  }
  return result;
}
