/** The comparison of runs as they come from the store, made anew only where one with a result has changed. */
import { useMemo } from 'react';
import { useShallow } from 'zustand/react/shallow';
import { type Comparison, compare } from './comparison';
import type { RunRecord } from './run-record';

export function useComparison(runs: readonly RunRecord[]): Comparison {
  const withResult = useShallow((all: readonly RunRecord[]) => all.filter(({ result }) => result))(runs);
  return useMemo(() => compare(withResult), [withResult]);
}
