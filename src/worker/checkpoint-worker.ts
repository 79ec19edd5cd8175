/** Encodes, hashes and writes checkpoints, one after another, beside the training of `worker.ts`. */
import { encodeCheckpoint } from '../training/checkpoint-file';
import { checkpointStore, type SaveAnswer, type SavedCheckpoint } from './checkpoints';

addEventListener('message', async ({ data }: MessageEvent<SavedCheckpoint>) => {
  const answer = (message: SaveAnswer) => postMessage(message);
  try {
    const { project, runId, checkpoint, losses } = data;
    const store = await checkpointStore(project, runId);
    // Losses of steps after the checkpoint are the same when they are computed again, so the log may be ahead of it.
    await store.losses.write(losses.values, losses.at);
    await store.points.write(encodeCheckpoint(checkpoint));
    answer({ failed: null });
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    answer({ failed: { isFull: name === 'QuotaExceededError', message: `${name}: ${message}` } });
  }
});
