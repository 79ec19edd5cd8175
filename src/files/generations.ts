/**
 * Content that is replaced as a whole, kept in the origin-private file system so that an end at any moment leaves a whole one: two files
 * are written in turn, each with its generation and a hash, and the newest whole one is read.
 *
 * A file: the magic, the generation as a little-endian 64-bit integer, the SHA-256 of generation and content, then the content.
 */
import { readFile, writeWhole } from './project-folder';

const MAGIC = new TextEncoder().encode('ATOMGEN1');
const GENERATION_AT = MAGIC.length;
const HASH_AT = GENERATION_AT + 8;
const CONTENT_AT = HASH_AT + 32;
const NAMES = ['0', '1'] as const;

interface Written {
  name: (typeof NAMES)[number];
  generation: number;
}

interface Generation extends Written {
  content: Uint8Array<ArrayBuffer>;
}

export class Generations {
  /** What this writer wrote last, so that it need not read all of it for the next write. */
  #last: Written | null = null;

  /** The files of this folder belong to it, and no other writes them meanwhile. */
  constructor(readonly folder: FileSystemDirectoryHandle) {}

  /** The newest whole content; null if there is none. */
  async read(): Promise<Uint8Array<ArrayBuffer> | null> {
    return (await this.#newest())?.content ?? null;
  }

  /**
   * Resolves when the content will outlive the process. The former content stays until the next write.
   * @throws DOMException `QuotaExceededError` if there is no room; what was there before stays
   */
  async write(content: Uint8Array): Promise<void> {
    const newest = this.#last ?? (await this.#newest());
    const generation = (newest?.generation ?? 0) + 1;
    const name = newest?.name === '0' ? '1' : '0';
    const bytes = new Uint8Array(CONTENT_AT + content.length);
    bytes.set(MAGIC);
    new DataView(bytes.buffer).setBigUint64(GENERATION_AT, BigInt(generation), true);
    bytes.set(content, CONTENT_AT);
    bytes.set(await hashOf(bytes), HASH_AT);
    this.#last = null;
    await writeWhole(this.folder, name, [bytes]);
    this.#last = { name, generation };
  }

  async #newest(): Promise<Generation | null> {
    const found = (await Promise.all(NAMES.map((name) => this.#readFile(name)))).filter(
      (each) => each !== null,
    );
    return found.sort((a, b) => b.generation - a.generation)[0] ?? null;
  }

  /** Null if the file is absent or not whole. */
  async #readFile(name: Generation['name']): Promise<Generation | null> {
    const file = await readFile(this.folder, name);
    if (!file) return null;
    const bytes = new Uint8Array(await file.arrayBuffer());
    if (bytes.length < CONTENT_AT || !sameBytes(bytes.subarray(0, MAGIC.length), MAGIC)) return null;
    if (!sameBytes(bytes.subarray(HASH_AT, CONTENT_AT), await hashOf(bytes))) return null;
    const generation = Number(new DataView(bytes.buffer).getBigUint64(GENERATION_AT, true));
    return { name, generation, content: bytes.subarray(CONTENT_AT) };
  }
}

/** SHA-256 of a file's generation and content. */
async function hashOf(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const hashed = new Uint8Array(8 + bytes.length - CONTENT_AT);
  hashed.set(bytes.subarray(GENERATION_AT, HASH_AT));
  hashed.set(bytes.subarray(CONTENT_AT), 8);
  return new Uint8Array(await crypto.subtle.digest('SHA-256', hashed));
}

const sameBytes = (a: Uint8Array, b: Uint8Array) =>
  a.length === b.length && a.every((value, index) => value === b[index]);
