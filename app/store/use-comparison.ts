/** The comparison of runs as they come from the store, its statistics computed in a worker. */
import { useMemo, useSyncExternalStore } from 'react';
import { useShallow } from 'zustand/react/shallow';
import { type Comparison, compare } from './comparison';
import type { RunRecord } from './run-record';
import { inBackground, resultsVersion, settled, subscribe } from './statistics';

/** Made anew only where a run with a result has changed, or statistics have arrived. What is still being computed is null in it. */
export function useComparison(runs: readonly RunRecord[]): Comparison {
  const withResult = useShallow((all: readonly RunRecord[]) => all.filter(({ result }) => result))(runs);
  const version = useSyncExternalStore(subscribe, resultsVersion);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the statistics known so far are not among the arguments
  return useMemo(() => compare(withResult, inBackground), [withResult, version]);
}

/** Resolves when all statistics of these runs are known, so that comparing them takes no time. */
export async function computeStatistics(runs: readonly RunRecord[]): Promise<void> {
  while (compare(runs, inBackground).isComputing) await settled();
}
