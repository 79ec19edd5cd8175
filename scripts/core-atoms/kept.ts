/** The results in bench/core-atoms/, and what a search for a learning rate found. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { parseResults } from '../../app/report/rerun';
import type { Results } from '../../app/report/results';
import { best as bestOutcome } from '../../app/store/sweep';
import { BEYOND, ENSEMBLE, type Plan } from './plan';

export const KEPT = fileURLToPath(new URL('../../bench/core-atoms/', import.meta.url));

export const fileOf = (set: string, { id }: Pick<Plan, 'id'>, part: string) =>
  `${KEPT}${set}/${id}.${part}.json`;

/** The adapter of one of the ensemble's runs. */
export const adapterFile = (set: string, index: number) =>
  `${KEPT}${set}/${ENSEMBLE.id}.test.${index + 1}.safetensors`;

export const ensembleFile = (set: string) => `${KEPT}${set}/ensemble.json`;

/** The results of one call of the command line; null if it was not made. */
export const readKept = async (file: string): Promise<Results | null> =>
  existsSync(file) ? parseResults(await readFile(file, 'utf8'), file) : null;

const classes = z.array(z.int().min(0));
const ensembleSchema = z.object({ targets: classes, predicted: classes, members: z.array(classes) });

/** Classes that the ensemble and its members predicted; null if it was not asked. */
export const readEnsemble = async (set: string) =>
  existsSync(ensembleFile(set))
    ? ensembleSchema.parse(JSON.parse(await readFile(ensembleFile(set), 'utf8')))
    : null;

export const pyTorchFile = (set: string) => `${KEPT}${set}/pytorch.json`;

const pyTorchSchema = z.array(
  z.object({ seed: z.int(), targets: classes, 'linear-probe': classes, 'core-atoms': classes }),
);

/** Classes predicted by the runs in PyTorch, by setting; null if there were none. */
export const readPyTorch = async (set: string) =>
  existsSync(pyTorchFile(set))
    ? pyTorchSchema.parse(JSON.parse(await readFile(pyTorchFile(set), 'utf8')))
    : null;

export interface Searched {
  rate: number;
  /** On the validation images after the last epoch. */
  accuracy: number;
  loss: number;
}

export const searchPart = (round: number) => (round === 0 ? 'search' : `search-${round + 1}`);

/** The outcomes of all searched rates, by rate. */
export async function searched(set: string, plan: Plan): Promise<Searched[]> {
  const rounds = Array.from({ length: BEYOND + 1 }, (_, round) =>
    readKept(fileOf(set, plan, searchPart(round))),
  );
  return (await Promise.all(rounds))
    .flatMap((results) => results?.runs ?? [])
    .flatMap(({ config, epochs }) => {
      const last = epochs.at(-1);
      // A run that diverged has no last epoch.
      return last
        ? [{ rate: config.learningRate, accuracy: last.correct / last.total, loss: last.valLoss }]
        : [];
    })
    .sort((a, b) => a.rate - b.rate);
}

/** Chosen as in a search for learning rates. */
export function best(outcomes: readonly Searched[]): Searched {
  const first = outcomes[bestOutcome(outcomes)];
  if (!first) throw new Error('No rate was searched.');
  return first;
}

/** The next rate outside of the searched ones if the best is the lowest or the highest of them; null otherwise. */
export function rateBeyond(outcomes: readonly Searched[]): number | null {
  const { rate } = best(outcomes);
  const [digit = 1, power = 0] = rate.toExponential().split('e').map(Number);
  const isOne = digit < 2; // rates are 1 or 3 times a power of ten
  if (rate === outcomes.at(-1)?.rate) return Number(isOne ? `3e${power}` : `1e${power + 1}`);
  if (rate === outcomes[0]?.rate) return Number(isOne ? `3e${power - 1}` : `1e${power}`);
  return null;
}
