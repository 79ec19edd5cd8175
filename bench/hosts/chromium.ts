/** A host that answers requests in pages of a headless Chromium: wasm with threads, and the browser's own WebGPU. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openPage } from '../../cli/browser-page';
import type { Answers, Request } from '../case';
import type { Host } from './host';

/** Throws `UserError` if there is no Chromium. */
export async function openChromium(): Promise<Host> {
  const { page: first, close } = await openPage('bench/page.html');
  const url = first.url();
  const context = first.context();
  await first.waitForFunction(() => 'bench' in globalThis);
  await first.close();
  return {
    backends: ['wasm', 'webgpu'],
    async ask<R extends Request>(request: R, minutes: number) {
      const page = await context.newPage();
      let late: NodeJS.Timeout | undefined;
      try {
        const broken = new Promise<never>((_, reject) => {
          page.on('crash', () => reject(new Error('the page ran out of memory')));
          late = setTimeout(
            () => reject(new Error(`not done in ${minutes.toFixed(0)} minutes`)),
            60_000 * minutes,
          );
        });
        await page.goto(url);
        await page.waitForFunction(() => 'bench' in globalThis);
        const work = page.evaluate((given) => globalThis.bench(given), request as Request);
        return (await Promise.race([work, broken])) as Answers[R['kind']]; // the page answers each kind with its own type
      } finally {
        clearTimeout(late);
        await page.close({ runBeforeUnload: false });
      }
    },
    readStarter: () =>
      readFile(new URL('../../public/backbones/starter-resnet50-w16.safetensors', import.meta.url)),
    pytorchScript: fileURLToPath(new URL('../pytorch_step.py', import.meta.url)),
    close,
  };
}
