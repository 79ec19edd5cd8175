/**
 * `npm run bench`: images per second of one ΔD step of the starter backbone, ours beside stock tfjs, on every backend
 * of the installed Chromium, in one run. On a shared machine only the ratios mean something.
 */
import { openPage } from '../cli/browser-page';
import type { BackendName } from '../src/worker/protocol';
import type { Row } from './page';

/** Software WebGPU is slow: one batch size, few steps. */
const PLAN: { backend: BackendName; batch: number; steps: number }[] = [
  { backend: 'wasm', batch: 16, steps: 20 },
  { backend: 'webgpu', batch: 16, steps: 3 },
];

const browser = await openPage('bench/page.html', ['bench/page.ts']);
try {
  await browser.page.waitForFunction(() => 'bench' in globalThis);
  const rows: Row[] = [];
  for (const { backend, batch, steps } of PLAN) {
    const row = await browser.page.evaluate(
      ([name, images, count]) => globalThis.bench(name, images, count),
      [backend, batch, steps] as const,
    );
    rows.push(row);
    print(row);
  }
  if (process.argv.includes('--json')) console.log(JSON.stringify(rows));
} finally {
  await browser.close();
}

function print({ engine, batch, steps, rivals }: Row): void {
  const where =
    engine.backend === 'wasm'
      ? `wasm, ${engine.threads} threads`
      : `webgpu, ${engine.adapter}${engine.hardware ? '' : ' (software)'}`;
  console.log(
    `\nΔD step (m = 9), starter at 64 px, batch ${batch}, ${where}; median of ${steps} steps (slowest–fastest), images/s`,
  );
  const stock = rivals.find(({ name }) => name !== 'ours')?.imagesPerSecond ?? Number.NaN;
  for (const { name, imagesPerSecond, low, high } of rivals) {
    const ratio = (imagesPerSecond / stock).toFixed(1);
    console.log(
      `  ${name.padEnd(12)} ${imagesPerSecond.toFixed(1).padStart(8)}  (${low.toFixed(1)}–${high.toFixed(1)})  ${ratio} ×`,
    );
  }
}
