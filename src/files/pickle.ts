/**
 * Reads Python's pickle format (Lib/pickletools.py), protocols 2 to 5. A pickle is a program for a stack machine and may call any
 * function by its name. This reader calls only the functions that it is given. An object of any other class becomes a
 * `PickleObject` with its class name and contents. No code of that class is loaded or run.
 */
import type { UserError } from '../core/user-error';
import { shortened } from './weight-file';

/** `Made`: the type of the objects that the given functions and persistent ids create. */
export type PickleValue<Made> =
  | null
  | boolean
  | number
  | string
  | PickleTuple<Made>
  | PickleList<Made>
  | PickleDict<Made>
  | PickleGlobal<Made>
  | PickleObject<Made>
  | Made;

export class PickleTuple<Made> {
  constructor(readonly items: readonly PickleValue<Made>[]) {}
}

export class PickleList<Made> {
  readonly items: PickleValue<Made>[] = [];
}

export class PickleDict<Made> {
  readonly entries = new Map<string | number, PickleValue<Made>>();
}

/** A class or function that the pickle names; `call` is null if a call only creates a `PickleObject`. */
export class PickleGlobal<Made> {
  constructor(
    readonly name: string,
    readonly call: ((args: readonly PickleValue<Made>[]) => PickleValue<Made>) | null = null,
  ) {}
}

/** An object of an unknown class. */
export class PickleObject<Made> {
  /** The entries, if the class is a kind of dictionary. */
  readonly entries = new Map<string | number, PickleValue<Made>>();
  /** The items, if the class is a kind of list or set. */
  readonly items: PickleValue<Made>[] = [];
  /** The attributes, usually a dictionary. */
  state: PickleValue<Made> = null;

  constructor(readonly className: string) {}
}

export interface PickleRules<Made> {
  /** Looks up the class or function `module.name`. An exception from it ends the reading. */
  global: (name: string) => PickleGlobal<Made>;
  /** The object for a persistent id, which refers to data outside the pickle. */
  persistent: (id: PickleValue<Made>) => PickleValue<Made>;
  /** The error for a pickle that asks for more than data: `what` completes “asks for …”. */
  refused: (what: string) => UserError;
  /** The error for an invalid pickle: `what` is the fault. */
  damaged: (what: string) => UserError;
}

/** Lists, tuples, dictionaries and objects in one pickle; a ResNet-50's state dict has about 1,500. */
const MAX_CONTAINERS = 100_000;
const NEWEST_PROTOCOL = 5;
/** Maximum length of an integer that is read as a number, bytes. */
const LONG_BYTES = 8;
const STOP = 0x2e;

const MARK = Symbol('mark');
type Stacked<Made> = PickleValue<Made> | typeof MARK;

/** Unsupported instructions: those of protocols 0 and 1, of registered extensions and of out-of-band buffers. */
const KNOWN_BY_NAME: ReadonlyMap<number, string> = new Map([
  [0x46, 'FLOAT'],
  [0x49, 'INT'],
  [0x4c, 'LONG'],
  [0x50, 'PERSID'],
  [0x53, 'STRING'],
  [0x56, 'UNICODE'],
  [0x67, 'GET'],
  [0x6f, 'OBJ'],
  [0x70, 'PUT'],
  [0x97, 'NEXT_BUFFER'],
  [0x98, 'READONLY_BUFFER'],
  [0x82, 'EXT1'],
  [0x83, 'EXT2'],
  [0x84, 'EXT4'],
]);

/**
 * Reads the pickle that begins at `start`.
 * @returns its value, and the offset of its end
 * @throws UserError created by `rules`
 */
export function readPickle<Made extends object>(
  bytes: Uint8Array,
  start: number,
  rules: PickleRules<Made>,
): { value: PickleValue<Made>; end: number } {
  return new Machine(bytes, start, rules).run();
}

class Machine<Made extends object> {
  /** The supported instructions, by opcode. */
  readonly #instructions: ReadonlyMap<number, () => void> = new Map<number, () => void>([
    [0x80, () => this.#protocol(this.#uint8())], // PROTO
    [0x28, () => this.#mark()], // MARK
    [0x4e, () => this.#push(null)], // NONE
    [0x88, () => this.#push(true)], // NEWTRUE
    [0x89, () => this.#push(false)], // NEWFALSE
    [0x4b, () => this.#push(this.#uint8())], // BININT1
    [0x4d, () => this.#push(this.#view.getUint16(this.#advance(2), true))], // BININT2
    [0x4a, () => this.#push(this.#view.getInt32(this.#advance(4), true))], // BININT
    [0x8a, () => this.#push(this.#long(this.#uint8()))], // LONG1
    [0x8b, () => this.#push(this.#long(this.#uint32()))], // LONG4
    [0x47, () => this.#push(this.#view.getFloat64(this.#advance(8)))], // BINFLOAT
    [0x8c, () => this.#push(this.#text(this.#uint8(), 'utf-8'))], // SHORT_BINUNICODE
    [0x58, () => this.#push(this.#text(this.#uint32(), 'utf-8'))], // BINUNICODE
    [0x8d, () => this.#push(this.#text(this.#uint64(), 'utf-8'))], // BINUNICODE8
    [0x55, () => this.#push(this.#text(this.#uint8(), 'latin1'))], // SHORT_BINSTRING, of Python 2
    [0x54, () => this.#push(this.#text(this.#uint32(), 'latin1'))], // BINSTRING, of Python 2
    [0x43, () => this.#skipBytes(this.#uint8())], // SHORT_BINBYTES
    [0x42, () => this.#skipBytes(this.#uint32())], // BINBYTES
    [0x8e, () => this.#skipBytes(this.#uint64())], // BINBYTES8
    [0x96, () => this.#skipBytes(this.#uint64())], // BYTEARRAY8
    [0x95, () => this.#advance(8)], // FRAME, a hint for buffering
    [0x30, () => this.#pop()], // POP
    [0x31, () => this.#sinceMark()], // POP_MARK
    [0x32, () => this.#push(this.#top())], // DUP
    [0x7d, () => this.#push(this.#counted(new PickleDict<Made>()))], // EMPTY_DICT
    [0x5d, () => this.#push(this.#counted(new PickleList<Made>()))], // EMPTY_LIST
    [0x8f, () => this.#push(this.#counted(new PickleList<Made>()))], // EMPTY_SET
    [0x90, () => this.#append(this.#sinceMark())], // ADDITEMS
    [0x91, () => this.#push(this.#counted(new PickleTuple(this.#sinceMark())))], // FROZENSET
    [0x29, () => this.#push(this.#counted(new PickleTuple<Made>([])))], // EMPTY_TUPLE
    [0x85, () => this.#tuple(1)], // TUPLE1
    [0x86, () => this.#tuple(2)], // TUPLE2
    [0x87, () => this.#tuple(3)], // TUPLE3
    [0x74, () => this.#push(this.#counted(new PickleTuple(this.#sinceMark())))], // TUPLE
    [0x61, () => this.#append([this.#pop()])], // APPEND
    [0x65, () => this.#append(this.#sinceMark())], // APPENDS
    [0x73, () => this.#setItems([this.#pop(), this.#pop()].reverse())], // SETITEM
    [0x75, () => this.#setItems(this.#sinceMark())], // SETITEMS
    [0x71, () => this.#keep(this.#uint8())], // BINPUT
    [0x72, () => this.#keep(this.#uint32())], // LONG_BINPUT
    [0x68, () => this.#recall(this.#uint8())], // BINGET
    [0x6a, () => this.#recall(this.#uint32())], // LONG_BINGET
    [0x94, () => this.#keep(this.#memo.size)], // MEMOIZE
    [0x63, () => this.#push(this.rules.global(this.#qualifiedName()))], // GLOBAL
    [0x93, () => this.#push(this.#stackGlobal())], // STACK_GLOBAL
    [0x51, () => this.#push(this.rules.persistent(this.#pop()))], // BINPERSID
    [0x52, () => this.#reduce()], // REDUCE
    [0x81, () => this.#reduce()], // NEWOBJ: a class and its arguments
    [0x92, () => this.#reduceWithNames()], // NEWOBJ_EX
    [0x62, () => this.#build()], // BUILD
    [0x69, () => this.#instance()], // INST
  ]);

  readonly #view: DataView;
  readonly #stack: Stacked<Made>[] = [];
  readonly #memo = new Map<number, PickleValue<Made>>();
  #at: number;
  #containers = 0;

  constructor(
    private readonly bytes: Uint8Array,
    start: number,
    private readonly rules: PickleRules<Made>,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
  }

  run(): { value: PickleValue<Made>; end: number } {
    for (;;) {
      const code = this.#uint8();
      if (code === STOP) return { value: this.#pop(), end: this.#at };
      const instruction = this.#instructions.get(code);
      if (!instruction) {
        const name = KNOWN_BY_NAME.get(code) ?? 'number';
        throw this.rules.refused(`the pickle instruction ${name} (0x${code.toString(16)})`);
      }
      instruction();
    }
  }

  #protocol(version: number): void {
    if (version > NEWEST_PROTOCOL)
      throw this.rules.refused(`pickle protocol ${version}, where the newest is ${NEWEST_PROTOCOL}`);
  }

  #tuple(length: number): void {
    const items = Array.from({ length }, () => this.#pop()).reverse();
    this.#push(this.#counted(new PickleTuple(items)));
  }

  #append(items: readonly PickleValue<Made>[]): void {
    const list = this.#top();
    if (!(list instanceof PickleList || list instanceof PickleObject))
      throw this.rules.damaged('it appends to a value that is not a list');
    for (const item of items) list.items.push(item);
  }

  #setItems(items: readonly PickleValue<Made>[]): void {
    const dict = this.#top();
    if (!(dict instanceof PickleDict || dict instanceof PickleObject))
      throw this.rules.damaged('it sets items of a value that is not a dictionary');
    if (items.length % 2 !== 0) throw this.rules.damaged('a key has no value');
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i];
      if (key instanceof PickleList || key instanceof PickleDict)
        throw this.rules.damaged('a key of a dictionary is a list or a dictionary');
      // Weights are stored under names. Entries with other keys, such as classes, are omitted.
      if (typeof key === 'string' || typeof key === 'number') dict.entries.set(key, items[i + 1] ?? null);
    }
  }

  #keep(index: number): void {
    this.#memo.set(index, this.#top());
  }

  #recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined)
      throw this.rules.damaged(`it reads memo entry ${index}, which was never written`);
    this.#push(value);
  }

  #stackGlobal(): PickleGlobal<Made> {
    const [name, module] = [this.#pop(), this.#pop()];
    if (typeof module !== 'string' || typeof name !== 'string')
      throw this.rules.damaged('the name of a class in it is not text');
    return this.rules.global(`${module}.${name}`);
  }

  /** Protocol 0's instruction that names a class and creates an object of it; later protocols do not use it. */
  #instance(): never {
    throw this.rules.refused(`an object of the class ${shortened(this.#qualifiedName())}`);
  }

  #reduce(): void {
    const args = this.#pop();
    const callee = this.#pop();
    if (!(args instanceof PickleTuple)) throw this.rules.damaged('a call has no list of arguments');
    if (callee instanceof PickleGlobal) {
      const result = callee.call ? callee.call(args.items) : new PickleObject<Made>(callee.name);
      this.#push(this.#counted(result));
    } else if (callee instanceof PickleObject) {
      this.#push(this.#counted(new PickleObject<Made>(callee.className)));
    } else throw this.rules.damaged('it calls a value that is not a function');
  }

  #reduceWithNames(): void {
    this.#pop();
    this.#reduce();
  }

  /** Sets an object's attributes. The attributes of a state dict (`_metadata`) are not needed and are ignored. */
  #build(): void {
    const state = this.#pop();
    const object = this.#top();
    if (object instanceof PickleObject) object.state = state;
    else if (!(object instanceof PickleDict))
      throw this.rules.refused('attributes on a value that is not a dictionary');
  }

  #counted<T>(container: T): T {
    this.#containers++;
    if (this.#containers > MAX_CONTAINERS)
      throw this.rules.refused(`more than ${MAX_CONTAINERS.toLocaleString('en')} lists and dictionaries`);
    return container;
  }

  #mark(): void {
    this.#stack.push(MARK);
  }

  #push(value: PickleValue<Made>): void {
    this.#stack.push(value);
  }

  #pop(): PickleValue<Made> {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #top(): PickleValue<Made> {
    const value = this.#stack.at(-1);
    if (value === undefined || value === MARK) throw this.rules.damaged('an instruction lacks its operand');
    return value;
  }

  #sinceMark(): PickleValue<Made>[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw this.rules.damaged('an instruction lacks its mark');
    const values = this.#stack.splice(mark).slice(1);
    return values.filter((value) => value !== MARK);
  }

  /** Reads two lines of ASCII: module and name. */
  #qualifiedName(): string {
    return `${this.#line()}.${this.#line()}`;
  }

  #line(): string {
    const end = this.bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw this.#cutShort();
    const from = this.#advance(end + 1 - this.#at);
    return new TextDecoder('latin1').decode(this.bytes.subarray(from, end));
  }

  #text(length: number, encoding: 'utf-8' | 'latin1'): string {
    const from = this.#advance(length);
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(this.bytes.subarray(from, from + length));
    } catch {
      throw this.rules.damaged('a text in it is not UTF-8');
    }
  }

  /** Reads an integer of `length` bytes, two's complement; returns a placeholder if it has more than 64 bits. */
  #long(length: number): number | PickleObject<Made> {
    const from = this.#advance(length);
    if (length > LONG_BYTES) return this.#counted(new PickleObject<Made>('builtins.int'));
    let value = 0n;
    for (let i = 0; i < length; i++) value |= BigInt(this.bytes[from + i] ?? 0) << BigInt(8 * i);
    return Number(BigInt.asIntN(8 * length, value));
  }

  #skipBytes(length: number): void {
    this.#advance(length);
    this.#push(this.#counted(new PickleObject<Made>('builtins.bytes')));
  }

  #uint8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  #uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** Lengths above 2⁵³ are inexact, but they exceed any file's size. */
  #uint64(): number {
    return Number(this.#view.getBigUint64(this.#advance(8), true));
  }

  /** Advances by `length` bytes and returns the previous position. */
  #advance(length: number): number {
    const from = this.#at;
    if (length > this.bytes.length - from) throw this.#cutShort();
    this.#at = from + length;
    return from;
  }

  #cutShort(): UserError {
    return this.rules.damaged('its pickle is cut short');
  }
}
