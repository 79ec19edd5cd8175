/**
 * `npm run reliability:kills`: kills the browser or the page's process in runs, 200 times by default (`--trials N`, `--seed N`), and
 * prints what became of them. Every trial is also a line of out/kills.jsonl. About 15 s each on two quiet cores.
 */
import { appendFileSync, mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { build, preview } from 'vite';
import { table } from '../markdown';
import { KINDS, KillTrials, type Trial } from './kill-trials';

const { values } = parseArgs({
  options: { trials: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } },
});
const OUT = new URL('../../out/', import.meta.url);
mkdirSync(OUT, { recursive: true });
await build({ logLevel: 'warn' });
const server = await preview({ preview: { host: '127.0.0.1', port: 4191, strictPort: false } });
const [address] = server.resolvedUrls?.local ?? [];
if (!address) throw new Error('The server has no address.');
const trials = await KillTrials.prepare(address);
const done: Trial[] = [];
const failed: string[] = [];
try {
  console.log(`An uninterrupted run: ${trials.reference.seconds.toFixed(1)} s.`);
  for (let index = 0; index < Number(values.trials); index++) {
    try {
      const trial = await trials.run(index, Number(values.seed));
      done.push(trial);
      appendFileSync(new URL('kills.jsonl', OUT), `${JSON.stringify({ index, ...trial })}\n`);
      console.log(
        `${index + 1}: ${trial.kind}, ${trial.shown} steps shown, ${trial.wasOver ? 'was over' : `went on after ${trial.resumedAfter ?? 'nothing'}`}: ${trial.differences.join(', ') || 'equal'}`,
      );
    } catch (error) {
      failed.push(`${index + 1}: ${error instanceof Error ? error.message : String(error)}`);
      console.log(failed.at(-1));
    }
  }
} finally {
  trials.remove();
  await server.close();
}
const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const rows = KINDS.map((kind) => {
  const own = done.filter((trial) => trial.kind === kind);
  const equal = own.filter((trial) => trial.differences.length === 0);
  const midway = own.filter(({ wasOver }) => !wasOver);
  const again = midway.map(({ shown, resumedAfter }) => Math.max(0, shown - (resumedAfter ?? 0)));
  return [
    kind,
    `${own.length}, ${midway.length} of them before the run was over`,
    String(equal.length),
    `${median(again)} (at most ${Math.max(0, ...again)})`,
    (median(own.map(({ opened }) => opened)) / 1000).toFixed(2),
  ];
});
console.log(`\n${table(['killed', 'trials', 'equal', 'steps computed again', 'seconds to open'], rows)}`);
if (failed.length > 0) console.log(`\nNot ended: ${failed.join('; ')}`);
process.exitCode = failed.length === 0 && done.every(({ differences }) => differences.length === 0) ? 0 : 1;
