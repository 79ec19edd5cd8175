/** Versions of `results.json`: what its field `format` says. */
import { fieldOf, migrate } from '../versions';
import { RESULTS_FORMAT } from './results';

type Fields = Record<string, unknown>;

/** Fields of version 4 that had another name in its first files, by that name. */
const RENAMED = new Map([
  ['recompute', 'gradientCheckpointing'],
  ['prefix', 'frozenFeatures'],
  ['labels', 'targets'],
]);

function renamed(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(renamed);
  if (!isFields(json)) return json;
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [RENAMED.get(name) ?? name, renamed(value)]),
  );
}

/** Version 4 gained fields while it was in use; version 5 has all of them. */
function fromVersion4(json: unknown): unknown {
  const before = renamed(json);
  if (!isFields(before)) return before;
  const { dataset, runs } = before;
  return {
    ...before,
    format: 5,
    dataset: isFields(dataset)
      ? {
          ...{ reading: {}, notices: [] },
          ...dataset,
          duplicates: isFields(dataset.duplicates)
            ? { givenUp: { images: 0, classes: [] }, ...dataset.duplicates }
            : dataset.duplicates,
        }
      : dataset,
    runs: Array.isArray(runs)
      ? // Without `validationEpoch`, the predictions are those of the last epoch.
        runs.map((run) =>
          isFields(run) ? { threads: null, note: '', tags: [], validationEpoch: null, ...run } : run,
        )
      : runs,
  };
}

const isFields = (json: unknown): json is Fields =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

/** @throws UserError if a version of this program has written it that this one cannot read */
export const migrated = (json: unknown, fileName: string): unknown =>
  migrate(json, fieldOf(json, 'format'), {
    what: `results file “${fileName}”`,
    ...{ first: 4, present: RESULTS_FORMAT, steps: [fromVersion4] },
  });
