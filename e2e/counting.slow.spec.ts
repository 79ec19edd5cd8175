/**
 * On a task that the frozen features do not solve, training 1,737 atom parameters must help: the sample set `counting` with the
 * defaults, averaged over three seeds. A single seed has only 100 validation images, too few to show a difference.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { readResults, tune } from './command';

const SEEDS = [0, 1, 2];

test('ΔD is more accurate than a linear probe on counting, mean of three seeds', async () => {
  test.setTimeout(1_200_000);
  const folder = await mkdtemp(join(tmpdir(), 'counting-'));
  try {
    const accuracies: Record<string, number[]> = {};
    for (const seed of SEEDS) {
      const out = join(folder, String(seed));
      const settings = ['--setting', 'linear-probe', '--setting', 'atoms'];
      const { code, stderr } = await tune([
        '--sample',
        'counting',
        ...settings,
        '--seed',
        String(seed),
        '--out',
        out,
      ]);
      expect(code, stderr).toBe(0);
      for (const { setting, epochs } of (await readResults(out)).runs) {
        const last = epochs.at(-1);
        accuracies[setting] = [...(accuracies[setting] ?? []), (last?.correct ?? 0) / (last?.total ?? 1)];
      }
    }
    console.log(JSON.stringify(accuracies));
    const mean = (values: number[] = []) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(accuracies.atoms).toHaveLength(SEEDS.length);
    expect(mean(accuracies.atoms)).toBeGreaterThan(mean(accuracies['linear-probe']));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
