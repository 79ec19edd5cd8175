/** The results of a test run, and the summary at the end of `npm test`. */

/** A test that was not run. */
export interface Skipped {
  /** File and title. */
  test: string;
  /** What it needs, as the test states; empty if it states nothing. */
  reason: string;
}

export interface Results {
  passed: number;
  failed: number;
  skipped: Skipped[];
  /** Tests that failed and then passed when they were repeated; absent if none are repeated. */
  repeated?: string[];
}

/** The files with the results of the unit tests and of the end-to-end tests, relative to the project's root. */
export const RESULT_FILES = {
  'unit tests': 'out/test-results/unit.json',
  'end-to-end tests': 'out/test-results/e2e.json',
} as const;

/**
 * The lines that end `npm test`: which tests passed only when repeated, why tests were skipped, most frequent reason first, then the counts on a line of their own.
 * @param results by the name of the run; null if a run ended without results, which counts as one failure
 */
export function summary(results: Readonly<Record<string, Results | null>>): string[] {
  const runs = Object.values(results).filter((run) => run !== null);
  const broken = Object.keys(results).filter((name) => results[name] === null);
  const skipped = runs.flatMap((run) => run.skipped);
  const repeated = runs.flatMap((run) => run.repeated ?? []);
  const counts = new Map<string, number>();
  for (const { test, reason } of skipped) {
    const line = reason || `no reason given: ${test}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  const reasons = [...counts].sort(([, a], [, b]) => b - a);
  const width = String(reasons[0]?.[1] ?? 0).length;
  const sum = (part: 'passed' | 'failed') => runs.reduce((total, run) => total + run[part], 0);
  return [
    ...broken.map((name) => `The ${name} ended without results.`),
    ...(repeated.length > 0 ? ['Passed only when repeated:', ...repeated.map((test) => `  ${test}`)] : []),
    ...(reasons.length > 0 ? ['Skipped:'] : []),
    ...reasons.map(([reason, count]) => `  ${String(count).padStart(width)}  ${reason}`),
    `${sum('passed')} passed, ${sum('failed') + broken.length} failed, ${skipped.length} skipped`,
  ];
}
