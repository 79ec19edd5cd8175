/** Writes the unit tests' results for the summary of `npm test`. */
import type { Reporter, TestModule } from 'vitest/node';
import { writeResults } from './write-results.ts';

export default class ResultsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const counted = (state: string) => tests.filter((test) => test.result().state === state);
    // A file that cannot be loaded, or whose hook fails, has its own errors.
    const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
    const broken = suites.filter((suite) => suite.errors().length > 0);
    const skipped = counted('skipped').map((test) => {
      const result = test.result();
      const reason = result.state === 'skipped' ? (result.note ?? '') : '';
      return { test: `${test.module.relativeModuleId} > ${test.fullName}`, reason };
    });
    // A test that has not ended by now will not end.
    const failed =
      counted('failed').length + counted('pending').length + broken.length + unhandledErrors.length;
    writeResults('unit tests', { passed: counted('passed').length, failed, skipped });
  }
}
