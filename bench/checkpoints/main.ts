/** What checkpoints cost a run: `npm run checkpoints` (ΔD on the sample set; `--setting`, `--weights FILE`, `--size`, `--backend`). */
import { parseArgs } from 'node:util';
import { openPage } from '../../cli/browser-page';
import { table } from '../../scripts/markdown';
import type { BackendChoice } from '../../src/core/engine';
import { median } from '../results';
import type {} from './page';

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'wasm' },
    setting: { type: 'string', default: 'atoms' },
    epochs: { type: 'string', default: '10' },
    weights: { type: 'string' },
    size: { type: 'string' },
    pairs: { type: 'string', default: '5' },
  },
});
const { page, close } = await openPage('bench/checkpoints/page.html');
try {
  page.setDefaultTimeout(0);
  await page.waitForFunction(() => 'checkpoints' in globalThis);
  if (values.weights) await page.locator('#weights').setInputFiles(values.weights);
  const times = await page.evaluate((request) => globalThis.checkpoints(request), {
    ...{ backend: values.backend as BackendChoice, setting: values.setting }, // checked by the engine
    ...{ epochs: Number(values.epochs), pairs: Number(values.pairs) },
    inputSize: values.size === undefined ? null : Number(values.size),
  });
  const { steps, checkpoints } = times;
  const whole = times.with.reduce((sum, each) => sum + each, 0);
  const copied = checkpoints.reduce((sum, { copySeconds }) => sum + copySeconds, 0);
  const ratios = times.with.map((each, pair) => each / (times.without[pair] ?? Number.NaN) - 1);
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  const ms = (seconds: number) => `${(1000 * seconds).toFixed(1)} ms`;
  console.log(
    table(
      [
        ...['setting', 'steps', 'seconds of a run', 'checkpoints of a run', 'size', 'copied in, median'],
        ...['written beside it in, median', 'training waits', 'run with over run without, each pair'],
      ],
      [
        [
          ...[values.setting, String(steps), median(times.with).toFixed(1)],
          ...[
            (checkpoints.length / times.with.length).toFixed(1),
            `${Math.max(...checkpoints.map(({ bytes }) => bytes))} bytes`,
          ],
          ms(median(checkpoints.map(({ copySeconds }) => copySeconds))),
          ms(median(checkpoints.map(({ writeSeconds }) => writeSeconds))),
          percent(copied / whole),
          ratios.map(percent).join(', '),
        ],
      ],
    ),
  );
} finally {
  await close();
}
