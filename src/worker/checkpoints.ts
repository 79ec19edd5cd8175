/** Checkpoints of a run in its project's folder: written while it trains, read when it is trained again. */

import { canonical } from '../canonical';
import type { CheckpointCost, RunEvent } from '../core/run';
import { UserError } from '../core/user-error';
import { Generations } from '../files/generations';
import { deleteInProject, existingFolder, projectFolder, readFile } from '../files/project-folder';
import { type Checkpoint, decodeCheckpoint, type RunIdentity } from '../training/checkpoint-file';
import type { RunPoint, Safeguard } from './run';

/** Seconds after which a checkpoint is written within an epoch. */
const LONGEST_UNSAVED = 30;

/** What `checkpoint-worker.ts` is sent: the point, and the losses of the steps since the one before. */
export interface SavedCheckpoint {
  project: string;
  runId: string;
  checkpoint: Checkpoint;
  losses: { at: number; values: Float64Array<ArrayBuffer> };
}

export type SaveAnswer =
  | { failed: null; written: Pick<CheckpointCost, 'bytes' | 'writeSeconds'> }
  | { failed: { isFull: boolean; message: string } };

/** The losses of all steps so far, in a file of their own: a checkpoint has the same size at every step. */
class LossLog {
  static readonly #name = 'losses';
  constructor(readonly folder: FileSystemDirectoryHandle) {}

  /** @param at the number of steps before the first of these */
  async write(losses: Float64Array<ArrayBuffer>, at: number): Promise<void> {
    const file = await this.folder.getFileHandle(LossLog.#name, { create: true });
    const stream = await file.createWritable({ keepExistingData: true });
    try {
      await stream.write({ type: 'write', position: at * losses.BYTES_PER_ELEMENT, data: losses });
      await stream.close();
    } catch (error) {
      await stream.abort().catch(() => {});
      throw error;
    }
  }

  /** The losses of the first steps, fewer if the log has fewer. */
  async read(steps: number): Promise<number[]> {
    const file = await readFile(this.folder, LossLog.#name);
    const bytes = (await file?.arrayBuffer()) ?? new ArrayBuffer();
    const known = Math.min(steps, Math.floor(bytes.byteLength / Float64Array.BYTES_PER_ELEMENT));
    return Array.from(new Float64Array(bytes, 0, known));
  }
}

const storeIn = (folder: FileSystemDirectoryHandle) => ({
  points: new Generations(folder),
  losses: new LossLog(folder),
});

/** Where the checkpoints of a run are written. @throws DOMException `QuotaExceededError` if there is no room for a folder */
export const checkpointStore = async ({ project, runId }: Pick<SavedCheckpoint, 'project' | 'runId'>) =>
  storeIn(await projectFolder(project, 'checkpoints', runId));

export const deleteCheckpoints = (project: string, runId: string) =>
  deleteInProject(project, 'checkpoints', runId);

/** Where a run of this identity stood, with the losses of its steps; null if there is no whole checkpoint of it. */
export async function readCheckpoint(
  project: string,
  runId: string,
  identity: RunIdentity,
): Promise<{ point: RunPoint; losses: number[] } | null> {
  const folder = await existingFolder(project, 'checkpoints', runId);
  const store = folder && storeIn(folder);
  const bytes = await store?.points.read();
  if (!store || !bytes) return null;
  try {
    const { identity: written, point } = decodeCheckpoint(bytes);
    if (canonical(written) !== canonical(identity)) return null;
    return { point, losses: await store.losses.read(point.state.optimizer.step) };
  } catch (error) {
    // It is of another version. The run starts anew and gives the same numbers.
    if (error instanceof UserError) return null;
    throw error;
  }
}

/**
 * Writes a run's checkpoints in a worker of its own: after every epoch, and within an epoch after half a minute. Where the former is still
 * being written, none is made. The run does not wait for them, and goes on if one cannot be written.
 */
export class CheckpointKeeper {
  readonly #worker = new Worker(new URL('./checkpoint-worker.ts', import.meta.url), { type: 'module' });
  /** Losses that are not in the log yet; `#logged` are. */
  #losses: number[] = [];
  #logged: number;
  #writing: Promise<void> | null = null;
  #savedAt = performance.now();

  constructor(
    readonly place: Pick<SavedCheckpoint, 'project' | 'runId'>,
    readonly identity: RunIdentity,
    from: RunPoint | null,
    readonly onEvent: (event: RunEvent) => void,
  ) {
    this.#logged = from?.state.optimizer.step ?? 0;
  }

  /** Has to be told every event of the run. */
  note(event: RunEvent): void {
    if (event.kind === 'step') this.#losses.push(event.loss);
  }

  readonly onResumable: Safeguard['onResumable'] = async ({ isNewEpoch }, point) => {
    const isDue = isNewEpoch || performance.now() - this.#savedAt > 1000 * LONGEST_UNSAVED;
    if (!isDue || this.#writing) return;
    this.#savedAt = performance.now();
    const copied = await point();
    const copySeconds = (performance.now() - this.#savedAt) / 1000;
    this.#writing = this.#save(copied, copySeconds).finally(() => {
      this.#writing = null;
    });
  };

  /** Waits for the checkpoint that is being written. */
  async close(): Promise<void> {
    await this.#writing;
    this.#worker.terminate();
  }

  async #save(point: RunPoint, copySeconds: number): Promise<void> {
    const { optimizer } = point.state;
    const values = Float64Array.from(this.#losses);
    const losses = { at: this.#logged, values };
    // All are copies; some are parts of one buffer.
    const buffers = [optimizer.values, optimizer.mean, optimizer.variance, values].map(
      ({ buffer }) => buffer,
    );
    const transfer = [...new Set(buffers)] as ArrayBuffer[]; // none is shared memory
    const answer = await this.#send(
      { ...this.place, checkpoint: { identity: this.identity, point }, losses },
      transfer,
    );
    if (answer.failed) {
      this.onEvent({ kind: 'unsaved', ...answer.failed });
      return;
    }
    this.#losses = this.#losses.slice(values.length);
    this.#logged += values.length;
    this.onEvent({ kind: 'saved', step: optimizer.step, copySeconds, ...answer.written });
  }

  #send(saved: SavedCheckpoint, transfer: Transferable[]): Promise<SaveAnswer> {
    return new Promise((resolve) => {
      this.#worker.onmessage = ({ data }: MessageEvent<SaveAnswer>) => resolve(data);
      this.#worker.onerror = ({ message }) =>
        resolve({ failed: { isFull: false, message: message || 'The worker could not be loaded.' } });
      this.#worker.postMessage(saved, transfer);
    });
  }
}
