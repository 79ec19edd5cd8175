/** A React hook for the comparison of runs in the store, with statistics computed in a worker. */
import { useMemo, useSyncExternalStore } from 'react';
import { useShallow } from 'zustand/react/shallow';
import { type Comparison, compare } from './comparison';
import type { RunRecord } from './run-record';
import { inBackground, resultsVersion, settled, subscribe } from './statistics';

/** Recomputed only when a run with a result changes or statistics arrive. Statistics that are not computed yet are null. */
export function useComparison(runs: readonly RunRecord[]): Comparison {
  const withResult = useShallow((all: readonly RunRecord[]) => all.filter(({ result }) => result))(runs);
  const version = useSyncExternalStore(subscribe, resultsVersion);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `version` changes with the cached statistics
  return useMemo(() => compare(withResult, inBackground), [withResult, version]);
}

/** Resolves when all statistics of these runs are cached, so that a comparison takes no time. */
export async function computeStatistics(runs: readonly RunRecord[]): Promise<void> {
  while (compare(runs, inBackground).isComputing) await settled();
}
