/** For tests only: a worker that stores backbones as a tab's engine does, because only workers can write files. */

import type { StoredBackbone, StoredPrecision } from '../core/backbone';
import type { DownloadProgress } from '../core/progress';
import { UserError } from '../core/user-error';
import { download } from './download';
import { keep } from './keep';
import { Place } from './place';
import { Reporter } from './progress';
import { roundToFp16 } from './round-to-fp16';
import type { Download, Statement } from './sources';
import { deleteStored, openStored, storedBackbones } from './stored';

export interface Tasks {
  download: {
    in: { wanted: Download; keepAs?: StoredPrecision; patience?: number };
    out: { name: string; size: number };
  };
  /** Aborts the download in progress. */
  cancel: { in: null; out: null };
  keep: { in: { file: File; source: { id: string; label: string } & Statement }; out: null };
  roundToFp16: { in: string; out: null };
  stored: { in: null; out: StoredBackbone[] };
  remove: { in: string; out: null };
  read: { in: string; out: { name: string; bytes: Uint8Array<ArrayBuffer> } | null };
  /** Makes the browser report this many free bytes; null restores the true value. */
  pretendRoom: { in: number | null; out: null };
  /** Makes writes fail once a file has this many bytes, as on a full disk. */
  pretendFull: { in: number; out: null };
}

export type Task = keyof Tasks;
export type TabReply =
  | { id: number; progress: DownloadProgress }
  | { id: number; done: Tasks[Task]['out'] }
  | { id: number; failed: { name: string; message: string; isForThePerson: boolean } };

let abort = new AbortController();
const estimate = navigator.storage.estimate.bind(navigator.storage);
/** Short pauses, so that a failing download ends soon. */
const PAUSES = [0.01, 0.02, 0.05];

type Handlers = {
  [K in Task]: (
    input: Tasks[K]['in'],
    onProgress: (progress: DownloadProgress) => void,
  ) => Promise<Tasks[K]['out']>;
};

const handlers: Handlers = {
  async download({ wanted, keepAs, patience }, onProgress) {
    abort = new AbortController();
    const { file } = await download(wanted, {
      onProgress,
      signal: abort.signal,
      keepAs,
      patience,
      pauses: PAUSES,
    });
    return { name: file.name, size: file.size };
  },
  async cancel() {
    abort.abort(new DOMException('Cancelled.', 'AbortError'));
    return null;
  },
  async keep({ file, source }, onProgress) {
    await keep(file, source, { onProgress });
    return null;
  },
  async roundToFp16(id, onProgress) {
    const place = await Place.find(id);
    if (place) await roundToFp16(place, { reporter: new Reporter(onProgress) });
    return null;
  },
  stored: storedBackbones,
  async remove(id) {
    await deleteStored(id);
    return null;
  },
  async read(id) {
    const file = (await openStored(id))?.file;
    return file ? { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) } : null;
  },
  async pretendRoom(bytes) {
    navigator.storage.estimate = bytes === null ? estimate : async () => ({ quota: bytes, usage: 0 });
    return null;
  },
  async pretendFull(bytes) {
    // The DOM's types omit what only workers have.
    const { FileSystemSyncAccessHandle } = self as unknown as {
      FileSystemSyncAccessHandle: {
        prototype: { write(data: ArrayBufferView, options: { at: number }): number };
      };
    };
    const { write } = FileSystemSyncAccessHandle.prototype;
    FileSystemSyncAccessHandle.prototype.write = function (data, options) {
      if (options.at + data.byteLength > bytes) throw new DOMException('Full.', 'QuotaExceededError');
      return write.call(this, data, options);
    };
    return null;
  },
};

self.onmessage = async ({ data }: MessageEvent<{ id: number; task: Task; input: unknown }>) => {
  const { id, task, input } = data;
  const post = (reply: TabReply) => self.postMessage(reply);
  try {
    // The task's name determines the types of both handler and input, which a union type cannot express.
    const handle = handlers[task] as (
      input: unknown,
      onProgress: (progress: DownloadProgress) => void,
    ) => Promise<Tasks[Task]['out']>;
    post({ id, done: await handle(input, (progress) => post({ id, progress })) });
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    post({ id, failed: { name, message, isForThePerson: error instanceof UserError } });
  }
};
