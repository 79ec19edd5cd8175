/**
 * How long a person waits for the engine during a run on WebAssembly: `npm run waiting -- --weights FILE --images FOLDER --size 224`.
 */
import { parseArgs } from 'node:util';
import { openPage } from '../../cli/browser-page';
import type {} from './page';

const { values } = parseArgs({
  options: {
    weights: { type: 'string' },
    images: { type: 'string' },
    size: { type: 'string', default: '224' },
  },
});
const { weights, images, size } = values;
if (!weights || !images) throw new Error('Give --weights FILE and --images FOLDER.');

const { page, close } = await openPage('bench/waiting/page.html');
try {
  page.on('console', (message) => console.error(message.text()));
  page.setDefaultTimeout(0);
  await page.waitForFunction(() => 'waiting' in globalThis);
  await page.locator('#weights').setInputFiles(weights);
  await page.locator('#images').setInputFiles(images);
  const waited = await page.evaluate((side) => globalThis.waiting(side), Number(size));
  console.log('| during | first bar | longest silence | longest answer | pause | stop |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const { during, ...times } of waited)
    console.log(`| ${[during, ...Object.values(times).map((time) => `${time.toFixed(1)} s`)].join(' | ')} |`);
} finally {
  await close();
}
