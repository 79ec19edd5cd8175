/**
 * A PyTorch state dict as `torch.save` writes it (torch/serialization.py): a pickle that describes the tensors, and their
 * storages as raw bytes. Since 1.6 both are entries of a zip, stored uncompressed; before, they followed one another. Both
 * are read in place. A storage's bytes are checked against the tensors that claim them before any is read.
 */
import type { FileEntry } from '@zip.js/zip.js';
import { UserError } from '../user-error';
import { BYTES_PER_NUMBER, product } from './number-types';
import { openZip } from './open-zip';
import {
  PickleDict,
  PickleGlobal,
  PickleList,
  type PickleRules,
  PickleTuple,
  type PickleValue,
  readPickle,
} from './pickle';
import { readBlob, shortened, type WeightFile, type WeightTensor, weightTensor } from './weight-file';
import { listEntries } from './zip-entries';

/** A pickle whose tensors lie elsewhere: a ResNet-50's has 40 KB. */
const MAX_PICKLE_BYTES = 4 * 2 ** 20;
const MAX_DIMENSIONS = 8;
/** In front of a storage in a file from before 1.6. */
const COUNT_BYTES = 8;
/** Of a zip entry's own header, without its name (PKWARE APPNOTE 4.3.7). */
const LOCAL_HEADER_BYTES = 30;

/** What a file before PyTorch 1.6 begins with: the pickle of its magic number. */
const LEGACY_MAGIC = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];

/** Where a training script puts the state dict beside its epoch, optimizer and the like. */
const WRAPPERS = ['state_dict', 'model_state_dict', 'model'];

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
    /** Numbers in it. */
    readonly count: number,
  ) {}

  get width(): number {
    return BYTES_PER_NUMBER.get(this.dtype) ?? 0;
  }
}

class View {
  constructor(
    readonly storage: Storage,
    /** All in numbers, not bytes. */
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}

  /** Numbers from the first to the last, both included. */
  get extent(): number {
    if (product(this.shape) === 0) return 0;
    return this.shape.reduce((last, size, axis) => last + (size - 1) * (this.strides[axis] ?? 0), 1);
  }
}

type Made = Storage | View;
type Value = PickleValue<Made>;

/** A file whose pickle has been read: what it describes, and where its storages lie. */
interface Contents {
  state: Value;
  /** The bytes of a storage; called for those that a tensor of the state dict uses. */
  locate: (storage: Storage) => Blob | Promise<Blob>;
  bigEndian: boolean;
}

export function isLegacy(first: Uint8Array): boolean {
  return LEGACY_MAGIC.every((byte, i) => first[i] === byte);
}

/**
 * Opens what `torch.save(model.state_dict())` wrote, also inside a checkpoint's `state_dict` or `model`.
 * @throws UserError where the file is damaged, or its pickle asks for anything but tensors in dictionaries
 */
export async function openPyTorch(blob: Blob, fileName: string, legacy: boolean): Promise<WeightFile> {
  const rules = stateDictRules(fileName);
  const contents = legacy ? await readLegacy(blob, rules, fileName) : await readZip(blob, rules, fileName);
  const tensors = new Map<string, WeightTensor>();
  for (const [name, value] of stateDict(contents.state).entries) {
    if (typeof name !== 'string' || !(value instanceof View)) continue;
    const bytes = () => viewBytes(value, contents, fileName);
    tensors.set(
      name,
      weightTensor({ fileName, name, dtype: value.storage.dtype, shape: value.shape, bytes }),
    );
  }
  if (tensors.size === 0) throw damaged(fileName, 'there are no tensors by name in it');
  return { fileName, form: 'pytorch', blobs: [blob], tensors, metadata: {} };
}

function damaged(fileName: string, fault: string): UserError {
  return new UserError(
    `“${fileName}” is not a usable PyTorch state dict: ${fault}. Download it again, or save it anew with torch.save(model.state_dict(), …).`,
  );
}

function refused(fileName: string, what: string): UserError {
  return new UserError(
    `“${fileName}” asks for ${what}, which a state dict has no need of; files like this can run any program, so it is not read. ` +
      'Save model.state_dict() alone, or take the weights as .safetensors.',
  );
}

function stateDictRules(fileName: string): PickleRules<Made> {
  const fail = (fault: string) => damaged(fileName, fault);
  const callables: [string, (args: readonly Value[]) => Value][] = [
    [
      'collections.OrderedDict',
      (args) => {
        if (args.length > 0) throw fail('an OrderedDict in it is made from something');
        return new PickleDict();
      },
    ],
    ['torch._utils._rebuild_tensor', (args) => view(args, fail)],
    ['torch._utils._rebuild_tensor_v2', (args) => view(args, fail)],
    [
      'torch._utils._rebuild_parameter',
      ([data]) => {
        if (!(data instanceof View)) throw fail('a parameter in it is no tensor');
        return data;
      },
    ],
  ];
  const storages = Object.keys(STORAGES).map((name) => new PickleGlobal<Made>(`torch.${name}`));
  const globals = [...callables.map(([name, call]) => new PickleGlobal(name, call)), ...storages];
  return {
    globals: new Map(globals.map((global) => [global.name, global])),
    persistent: (id) => storage(id, fail),
    refused: (what) => refused(fileName, what),
    damaged: fail,
  };
}

type Fail = (fault: string) => UserError;

/** From ('storage', class, key, device, count) and, before 1.6, what the storage is a part of. */
function storage(id: Value, fail: Fail): Storage {
  const [kind, type, key, , count, whole = null] = id instanceof PickleTuple ? id.items : [];
  const dtype = type instanceof PickleGlobal ? STORAGES[type.name.replace(/^torch\./, '')] : undefined;
  if (kind !== 'storage' || dtype === undefined || typeof key !== 'string' || whole !== null)
    throw fail('it refers to something outside of it that is no storage of numbers');
  if (!isCount(count)) throw fail(`its storage ${shortened(key)} has no valid size`);
  return new Storage(dtype, key, count);
}

/** From (storage, offset, shape, strides, …); what follows concerns gradients. */
function view([of, offset, shape, strides]: readonly Value[], fail: Fail): View {
  if (!(of instanceof Storage) || !isCount(offset)) throw fail('a tensor in it has no storage');
  const [sizes, steps] = [counts(shape), counts(strides)];
  if (!sizes || !steps || sizes.length !== steps.length || sizes.length > MAX_DIMENSIONS)
    throw fail('a tensor in it has no valid shape');
  const made = new View(of, offset, sizes, steps);
  // Said so that NaN, of sizes past every number, fails too.
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

/** The dictionary with the tensors: the file's own, or the one a training script put into it. */
function stateDict(value: Value): PickleDict<Made> {
  if (!(value instanceof PickleDict)) return new PickleDict();
  for (const key of WRAPPERS) {
    const inner = value.entries.get(key);
    if (inner instanceof PickleDict) return inner;
  }
  return value;
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
  if (pickle === undefined)
    throw new UserError(
      `“${fileName}” is a zip without PyTorch's data.pkl, so it holds no state dict. Choose the .pth file itself.`,
    );
  const root = pickle.slice(0, -'data.pkl'.length);
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
      throw damaged(fileName, `storage ${shortened(of.key)} is not the ${of.count} numbers it should be`);
  });
  const order = entries.has(`${root}byteorder`) ? await contentOf('byteorder') : null;
  return {
    state: value,
    locate: ({ key }) => contentOf(`data/${key}`),
    bigEndian: order !== null && (await order.slice(0, 8).text()).startsWith('big'),
  };
}

function checkedPickle(content: Blob, fileName: string): Blob {
  if (content.size > MAX_PICKLE_BYTES)
    throw refused(fileName, `a description of ${(content.size / 2 ** 20).toFixed(0)} MB`);
  return content;
}

function checkStorages(state: Value, check: (storage: Storage) => void): void {
  const storages = [...stateDict(state).entries.values()].flatMap((value) =>
    value instanceof View ? [value.storage] : [],
  );
  for (const used of new Set(storages)) check(used);
}

/** An entry's bytes in place. The header in front of them has a length of its own, which the table of contents leaves out. */
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

/** Pickles of magic number, version, machine, state and storage keys; then each storage, its count in front. */
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
      throw damaged(fileName, `storage ${shortened(of.key)} is not the ${of.count} numbers it should be`);
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

/** A tensor's own bytes, row-major and little-endian. */
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

/** Whether numbers follow one another; the stride of an axis of length 1 means nothing. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] ?? 0;
    if (size !== 1 && strides[axis] !== expected) return false;
    expected *= size;
  }
  return true;
}

/** Copies a strided view, its first number at the beginning of `bytes`, into row-major order. */
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
