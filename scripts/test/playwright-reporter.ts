/** Writes the end-to-end tests' results for the summary of `npm test`. */
import type { FullResult, Reporter, Suite, TestCase } from '@playwright/test/reporter';
import { writeResults } from './write-results.ts';

export default class ResultsReporter implements Reporter {
  #suite: Suite | null = null;
  #errors = 0;

  onBegin(_config: unknown, suite: Suite): void {
    this.#suite = suite;
  }

  /** Errors outside of tests, such as a server that does not start. */
  onError(): void {
    this.#errors++;
  }

  onEnd(_result: FullResult): void {
    const tests = this.#suite?.allTests() ?? [];
    const withOutcome = (...outcomes: string[]) => tests.filter((test) => outcomes.includes(test.outcome()));
    writeResults('end-to-end tests', {
      passed: withOutcome('expected', 'flaky').length,
      failed: withOutcome('unexpected').length + this.#errors,
      skipped: withOutcome('skipped').map((test) => ({ test: nameOf(test), reason: reasonOf(test) })),
      repeated: withOutcome('flaky').map(nameOf),
    });
  }

  printsToStdio(): boolean {
    return false;
  }
}

const nameOf = (test: TestCase) => test.titlePath().filter(Boolean).join(' > ');

function reasonOf(test: TestCase): string {
  if (test.results.length === 0) return 'did not run: the run ended before it';
  const annotations = [...test.annotations, ...test.results.flatMap((result) => result.annotations)];
  return annotations.find(({ type, description }) => type === 'skip' && description)?.description ?? '';
}
