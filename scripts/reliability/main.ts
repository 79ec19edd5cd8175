/**
 * `npm run reliability -- PROOF`: tries to lose a person's work on purpose and prints what became of it (docs/reliability.md). Every
 * trial is also a line of out/reliability-PROOF.jsonl. `--trials N` and `--seed N` where trials are drawn; of `soak`, `--trials` is the number of
 * steps.
 */
import { appendFileSync, mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { withBuiltAddress } from '../built-page';
import { full, fullTable } from './full';
import { KILL_PLAN, kill, killTable } from './kills';
import { LOSS_PLAN, lose, lossTable } from './losses';
import { soak, soakTable } from './soak';
import { type Plan, Trials } from './trials';

interface Options {
  trials: number | undefined;
  seed: number;
  /** Called with each finished trial. */
  note: (trial: object) => void;
}

/** Returns a table, and whether nothing was lost. */
type Proof = (address: string, options: Options) => Promise<{ table: string; holds: boolean }>;

const PROOFS: Record<string, Proof> = {
  kills: drawn(KILL_PLAN, 200, kill, killTable),
  losses: drawn(LOSS_PLAN, 20, lose, lossTable),
  full: async (address, { trials = 20, seed, note }) => {
    const done = await full(address, { trials, seed, note });
    return {
      table: fullTable(done),
      holds: done.every(({ differences, browserDeletes }) => browserDeletes || differences.length === 0),
    };
  },
  soak: async (address, { trials: steps = 20_000, note }) => ({
    table: soakTable(await soak(address, steps, note)),
    holds: true, // a person judges the table
  }),
};

/** Trials of one run at random moments. */
function drawn<T extends { differences: string[] }>(
  plan: Plan,
  usual: number,
  one: (trials: Trials, index: number, seed: number) => Promise<T>,
  tableOf: (done: T[]) => string,
): Proof {
  return async (address, { trials: wanted = usual, seed, note }) => {
    const trials = await Trials.prepare(address, plan);
    const done: T[] = [];
    const failed: string[] = [];
    try {
      for (let index = 0; index < wanted; index++) {
        try {
          const trial = await one(trials, index, seed);
          done.push(trial);
          note({ index, ...trial });
        } catch (error) {
          failed.push(`${index}: ${error instanceof Error ? error.message : String(error)}`);
          console.log(failed.at(-1));
        }
      }
    } finally {
      trials.remove();
    }
    return {
      table: [tableOf(done), ...failed.map((why) => `Not ended: ${why}`)].join('\n'),
      holds: failed.length === 0 && done.every(({ differences }) => differences.length === 0),
    };
  };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { trials: { type: 'string' }, seed: { type: 'string', default: '1' } },
});
const [name = ''] = positionals;
const proof = PROOFS[name];
if (!proof) throw new Error(`Name one of: ${Object.keys(PROOFS).join(', ')}.`);
const out = new URL('../../out/', import.meta.url);
mkdirSync(out, { recursive: true });
const { table, holds } = await withBuiltAddress((address) =>
  proof(address, {
    trials: values.trials === undefined ? undefined : Number(values.trials),
    seed: Number(values.seed),
    note: (trial) => {
      const line = JSON.stringify(trial);
      appendFileSync(new URL(`reliability-${name}.jsonl`, out), `${line}\n`);
      console.log(line);
    },
  }),
);
console.log(`\n${table}`);
process.exitCode = holds ? 0 : 1;
