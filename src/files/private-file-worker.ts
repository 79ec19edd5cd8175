/** For tests only: a worker, because only workers can open private files. */
import { createPrivateFile, deleteStaleFiles, type PrivateFile } from './private-file';

const NUMBERS = Float32Array.of(1, 2, 3, 4, 5, 6);

export interface Answers {
  /** The numbers that were read, from the fourth on. */
  fill: number[];
  /** Name of the error for a read beyond the end. */
  readTooMuch: string;
  delete: null;
  sweep: null;
}

let file: PrivateFile | null = null;

const handlers: { [K in keyof Answers]: () => Promise<Answers[K]> } = {
  async fill() {
    file = await createPrivateFile();
    // In two parts, the second one first.
    file?.write(NUMBERS.subarray(4), 4);
    file?.write(NUMBERS.subarray(0, 4), 0);
    const read = new Float32Array(3);
    file?.read(read, 3);
    return [...read];
  },
  async readTooMuch() {
    try {
      file?.read(new Float32Array(4), 3);
      return 'nothing';
    } catch (error) {
      return error instanceof DOMException ? 'DOMException' : String(error);
    }
  },
  async delete() {
    await file?.delete();
    return null;
  },
  async sweep() {
    await deleteStaleFiles();
    return null;
  },
};

self.onmessage = async ({ data }: MessageEvent<keyof Answers>) => self.postMessage(await handlers[data]());
