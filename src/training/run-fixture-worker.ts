/** For tests only: a run with and without a real file, which needs a worker. */
import { startBackend } from '../backend';
import { createPrivateFile } from '../files/private-file';
import { runFixture } from './run-fixture';

async function both() {
  await startBackend('wasm');
  let opened = 0;
  const openFile = async () => {
    const file = await createPrivateFile();
    if (file) opened++;
    return file;
  };
  return {
    without: await runFixture('wasm', null),
    kept: await runFixture('wasm', 'file', openFile),
    opened,
  };
}

export type Both = Awaited<ReturnType<typeof both>>;

self.onmessage = async () => self.postMessage(await both());
