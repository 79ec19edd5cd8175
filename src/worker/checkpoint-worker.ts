/** Encodes, hashes and writes checkpoints, one after another, beside the training of `worker.ts`. */
import { encodeCheckpoint } from '../training/checkpoint-file';
import { checkpointStore, type SaveAnswer, type SavedCheckpoint } from './checkpoints';

/** Of the run whose points this worker writes. */
let opened: ReturnType<typeof checkpointStore> | null = null;

addEventListener('message', async ({ data }: MessageEvent<SavedCheckpoint>) => {
  const answer = (message: SaveAnswer) => postMessage(message);
  const began = performance.now();
  try {
    const { project, runId, checkpoint, losses } = data;
    opened ??= checkpointStore(project, runId);
    const store = await opened;
    // Losses of steps after the checkpoint are the same when they are computed again, so the log may be ahead of it.
    await store.losses.write(losses.values, losses.at);
    const bytes = encodeCheckpoint(checkpoint);
    await store.points.write(bytes);
    const writeSeconds = (performance.now() - began) / 1000;
    answer({ failed: null, written: { bytes: bytes.length, writeSeconds } });
  } catch (error) {
    // It may not have been opened.
    opened = null;
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    answer({ failed: { isFull: name === 'QuotaExceededError', message: `${name}: ${message}` } });
  }
});
