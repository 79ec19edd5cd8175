/** Encodes, hashes and writes checkpoints, one after another, beside the training of `worker.ts`. */
import { isNoRoom } from '../files/no-room';
import { encodeCheckpoint } from '../training/checkpoint-file';
import { checkpointStore, type SaveAnswer, type SavedCheckpoint } from './checkpoints';

/** Of the run whose points this worker writes. */
let opened: ReturnType<typeof checkpointStore> | null = null;

addEventListener('message', async ({ data }: MessageEvent<SavedCheckpoint>) => {
  const answer = (message: SaveAnswer) => postMessage(message);
  const began = performance.now();
  try {
    const { checkpoint, losses } = data;
    opened ??= checkpointStore(data);
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
    answer({ failed: { isFull: isNoRoom(error), message: String(error) } });
  }
});
