/** For tests only: pickles built from instructions, and zips of them with the layout that torch.save writes. */
import { BlobReader, BlobWriter, ZipWriter } from '@zip.js/zip.js';

/** Instructions of pickle protocols 2 to 5 (Lib/pickletools.py). */
export const op = {
  proto: [0x80, 2],
  mark: [0x28],
  stop: [0x2e],
  emptyDict: [0x7d],
  emptyTuple: [0x29],
  emptyList: [0x5d],
  append: [0x61],
  tuple: [0x74],
  tuple2: [0x86],
  reduce: [0x52],
  newObject: [0x81],
  nameFromStack: [0x93],
  build: [0x62],
  setItem: [0x73],
  setItems: [0x75],
  persistentId: [0x51],
  none: [0x4e],
  false: [0x89],
  text: (value: string) => [0x58, ...uint32(encoded(value).length), ...encoded(value)],
  int: (value: number) => [0x4a, ...uint32(value)],
  /** An integer of this many bytes. */
  longOf: (bytes: number) => [0x8b, ...uint32(bytes), ...Array(bytes).fill(0x7f)],
  long: (value: bigint) => [0x8a, 8, ...new Uint8Array(BigInt64Array.of(value).buffer)],
  put: (index: number) => [0x71, index],
  get: (index: number) => [0x68, index],
  global: (module: string, name: string) => [0x63, ...encoded(`${module}\n${name}\n`)],
};

type Instructions = readonly number[];

export function pickle(...parts: readonly Instructions[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flat());
}

/** A call of torch._utils._rebuild_tensor_v2 for a view of a storage of `count` numbers. */
export function tensor(
  key: string,
  count: number,
  shape: readonly Instructions[],
  strides: readonly Instructions[],
  { offset = op.int(0), type = 'FloatStorage' } = {},
): Instructions {
  const tuple = (items: readonly Instructions[]) => [...op.mark, ...items.flat(), ...op.tuple];
  const size = op.int(count);
  const storage = tuple([op.text('storage'), op.global('torch', type), op.text(key), op.text('cpu'), size]);
  const hooks = [...op.global('collections', 'OrderedDict'), ...op.emptyTuple, ...op.reduce];
  return [
    ...op.global('torch._utils', '_rebuild_tensor_v2'),
    ...tuple([[...storage, ...op.persistentId], offset, tuple(shape), tuple(strides), op.false, hooks]),
    ...op.reduce,
  ];
}

/** A dictionary of these values. */
export function dictionary(values: Readonly<Record<string, Instructions>>): Instructions {
  const items = Object.entries(values).flatMap(([name, value]) => [...op.text(name), ...value]);
  return [...op.emptyDict, ...op.mark, ...items, ...op.setItems];
}

/** A zip of a pickle and its other entries: storages as `data/<key>`, and `byteorder`. */
export async function archive(
  content: Uint8Array<ArrayBuffer>,
  beside: Readonly<Record<string, BlobPart>> = {},
): Promise<Blob> {
  const writer = new ZipWriter(new BlobWriter(), { useWebWorkers: false, level: 0 });
  await writer.add('archive/data.pkl', new BlobReader(new Blob([content])));
  for (const [name, part] of Object.entries(beside))
    await writer.add(`archive/${name}`, new BlobReader(new Blob([part])));
  return writer.close();
}

function uint32(value: number): number[] {
  return [...new Uint8Array(Uint32Array.of(value).buffer)];
}

function encoded(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}
