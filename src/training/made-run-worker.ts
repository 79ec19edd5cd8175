/** For tests only: a run with and without a real file, which needs a worker. */
import { startBackend } from '../backend';
import { createPrivateFile } from '../files/private-file';
import { madeRun } from './made-run';

async function both() {
  await startBackend('wasm');
  let opened = 0;
  const openFile = async () => {
    const file = await createPrivateFile();
    if (file) opened++;
    return file;
  };
  return {
    without: await madeRun('wasm', null),
    kept: await madeRun('wasm', 'file', openFile),
    opened,
  };
}

export type Both = Awaited<ReturnType<typeof both>>;

self.onmessage = async () => self.postMessage(await both());
