/**
 * The part of Python's pickle format (protocol 2, Lib/pickletools.py) that a dictionary of tensors is written in. A pickle is
 * a program and may ask for any function there is; this reader knows no function but those it is given, and refuses
 * every instruction that plain data has no need of.
 */
import type { UserError } from '../user-error';
import { shortened } from './weight-file';

/** `Made`: what the given functions and persistent ids make. */
export type PickleValue<Made> =
  | null
  | boolean
  | number
  | string
  | PickleTuple<Made>
  | PickleList<Made>
  | PickleDict<Made>
  | PickleGlobal<Made>
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

/** A class or function the pickle may name; `call` is null for what is only named. */
export class PickleGlobal<Made> {
  constructor(
    readonly name: string,
    readonly call: ((args: readonly PickleValue<Made>[]) => PickleValue<Made>) | null = null,
  ) {}
}

export interface PickleRules<Made> {
  /** By `module.name`. */
  globals: ReadonlyMap<string, PickleGlobal<Made>>;
  /** What stands for an object kept outside of the pickle. */
  persistent: (id: PickleValue<Made>) => Made;
  /** The error for a pickle that asks for more than data: `what` completes “asks for …”. */
  refused: (what: string) => UserError;
  /** The error for a pickle that makes no sense: `what` is the fault. */
  damaged: (what: string) => UserError;
}

/** Lists, tuples and dictionaries in one pickle; a ResNet-50's has about 1,500. */
const MAX_CONTAINERS = 100_000;
const PROTOCOL = 2;
const STOP = 0x2e;

const MARK = Symbol('mark');
type Stacked<Made> = PickleValue<Made> | typeof MARK;

/** Instructions of the format that only other things than data need, for messages. */
const KNOWN_BY_NAME: ReadonlyMap<number, string> = new Map([
  [0x30, 'POP'],
  [0x32, 'DUP'],
  [0x42, 'BINBYTES'],
  [0x50, 'PERSID'],
  [0x6f, 'OBJ'],
  [0x81, 'NEWOBJ'],
  [0x93, 'STACK_GLOBAL'],
  [0x82, 'EXT1'],
  [0x83, 'EXT2'],
  [0x84, 'EXT4'],
]);

/**
 * Reads the pickle that begins at `start`.
 * @returns its value, and where it ends
 * @throws UserError, made by `rules`
 */
export function readPickle<Made extends object>(
  bytes: Uint8Array,
  start: number,
  rules: PickleRules<Made>,
): { value: PickleValue<Made>; end: number } {
  return new Machine(bytes, start, rules).run();
}

class Machine<Made extends object> {
  /** By their codes. */
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
    [0x47, () => this.#push(this.#view.getFloat64(this.#advance(8)))], // BINFLOAT
    [0x58, () => this.#push(this.#text(this.#uint32(), 'utf-8'))], // BINUNICODE
    [0x55, () => this.#push(this.#text(this.#uint8(), 'latin1'))], // SHORT_BINSTRING, of Python 2
    [0x7d, () => this.#push(this.#counted(new PickleDict<Made>()))], // EMPTY_DICT
    [0x5d, () => this.#push(this.#counted(new PickleList<Made>()))], // EMPTY_LIST
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
    [0x63, () => this.#push(this.#global())], // GLOBAL
    [0x51, () => this.#push(this.rules.persistent(this.#pop()))], // BINPERSID
    [0x52, () => this.#reduce()], // REDUCE
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
    if (version !== PROTOCOL)
      throw this.rules.refused(`pickle protocol ${version}, where torch.save writes protocol ${PROTOCOL}`);
  }

  #tuple(length: number): void {
    const items = Array.from({ length }, () => this.#pop()).reverse();
    this.#push(this.#counted(new PickleTuple(items)));
  }

  #append(items: readonly PickleValue<Made>[]): void {
    const list = this.#top();
    if (!(list instanceof PickleList)) throw this.rules.damaged('it appends to something that is no list');
    for (const item of items) list.items.push(item);
  }

  #setItems(items: readonly PickleValue<Made>[]): void {
    const dict = this.#top();
    if (!(dict instanceof PickleDict))
      throw this.rules.damaged('it sets items of something that is no dictionary');
    if (items.length % 2 !== 0) throw this.rules.damaged('a key has no value');
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i];
      if (typeof key !== 'string' && typeof key !== 'number')
        throw this.rules.damaged('a key of a dictionary is neither text nor a number');
      dict.entries.set(key, items[i + 1] ?? null);
    }
  }

  #keep(index: number): void {
    this.#memo.set(index, this.#top());
  }

  #recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.rules.damaged(`it recalls value ${index}, which it never kept`);
    this.#push(value);
  }

  #global(): PickleGlobal<Made> {
    const name = this.#qualifiedName();
    const known = this.rules.globals.get(name);
    if (!known) throw this.rules.refused(shortened(name));
    return known;
  }

  /** Names a class as GLOBAL does, and makes an object of it: nothing data has need of. */
  #instance(): never {
    throw this.rules.refused(`an object of the class ${shortened(this.#qualifiedName())}`);
  }

  #reduce(): void {
    const args = this.#pop();
    const callee = this.#pop();
    if (!(callee instanceof PickleGlobal) || !callee.call)
      throw this.rules.refused(`a call of ${callee instanceof PickleGlobal ? callee.name : 'a plain value'}`);
    if (!(args instanceof PickleTuple)) throw this.rules.damaged('a call has no list of arguments');
    this.#push(this.#counted(callee.call(args.items)));
  }

  /** Attributes are set on a state dict alone, its `_metadata`; nothing in it is needed. */
  #build(): void {
    this.#pop();
    if (!(this.#top() instanceof PickleDict))
      throw this.rules.refused('attributes on something that is no dictionary');
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
    if (value === undefined || value === MARK)
      throw this.rules.damaged('an instruction lacks the value it works on');
    return value;
  }

  #sinceMark(): PickleValue<Made>[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw this.rules.damaged('an instruction lacks the mark it goes back to');
    const values = this.#stack.splice(mark).slice(1);
    return values.filter((value) => value !== MARK);
  }

  /** Two lines of ASCII: module and name. */
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

  /** A whole number of `length` bytes, two's complement. */
  #long(length: number): number {
    if (length > 8) throw this.rules.damaged('a whole number in it has more than 64 bits');
    const from = this.#advance(length);
    let value = 0n;
    for (let i = 0; i < length; i++) value |= BigInt(this.bytes[from + i] ?? 0) << BigInt(8 * i);
    return Number(BigInt.asIntN(8 * length, value));
  }

  #uint8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  #uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** Goes `length` bytes on; returns where they begin. */
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
