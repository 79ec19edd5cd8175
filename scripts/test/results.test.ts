import { expect, test } from 'vitest';
import { summary } from './results';

test('the summary names repeated tests, groups skipped tests by reason and ends with a line of counts', () => {
  const images = 'needs the images of ../shared/data/flowers5';
  expect(
    summary({
      'unit tests': {
        passed: 1020,
        failed: 0,
        skipped: [
          { test: 'a.test.ts > first', reason: 'needs weights' },
          { test: 'a.test.ts > second', reason: images },
          { test: 'b.test.ts > third', reason: '' },
        ],
      },
      'end-to-end tests': {
        passed: 30,
        failed: 2,
        skipped: [{ test: 'c.spec.ts > fourth', reason: images }],
        repeated: ['d.spec.ts > fifth'],
      },
    }),
  ).toEqual([
    'Passed only when repeated:',
    '  d.spec.ts > fifth',
    'Skipped:',
    `  2  ${images}`,
    '  1  needs weights',
    '  1  no reason given: b.test.ts > third',
    '1050 passed, 2 failed, 4 skipped',
  ]);
});

test('a run without results counts as a failure and is named', () => {
  const passed = { passed: 5, failed: 0, skipped: [] };
  expect(summary({ 'unit tests': passed, 'end-to-end tests': null })).toEqual([
    'The end-to-end tests ended without results.',
    '5 passed, 1 failed, 0 skipped',
  ]);
  expect(summary({ 'unit tests': passed })).toEqual(['5 passed, 0 failed, 0 skipped']);
});
