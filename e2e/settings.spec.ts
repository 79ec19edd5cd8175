/** Every setting on a few images of a sample set for one epoch; `npm run settings` is the full comparison. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { comparedRun } from '../app/report/results';
import { compare } from '../app/store/comparison';
import { killTune, readResults, tune } from './command';

/** Trainable parameters in the starter's backbone, as in the README. */
const TRAINED = {
  'linear-probe': 0,
  atoms: 1737,
  'overcomplete-atoms': 30_780,
  'coefficient-atoms': 348_048,
  'all-atoms': 378_828,
  'core-atoms': 11_601,
  lora: 113_164,
  'lora-peft': 79_884,
  'lora-xs': 11_925,
  svf: 3312,
  bitfit: 6640,
  'scale-and-shift': 13_280,
  full: 1_467_696,
};

test.afterEach(() => {
  // Needed only after a test that timed out.
  killTune();
});

test('all settings train on a sample set, two seeds each, and are compared', async () => {
  test.setTimeout(600_000);
  const out = await mkdtemp(join(tmpdir(), 'settings-'));
  try {
    const ids = Object.keys(TRAINED);
    const { code, stderr } = await tune([
      ...['--sample', 'counting', '--preset', 'few-shot-8', '--epochs', '1', '--batch', '16', '--seeds', '2'],
      ...ids.flatMap((id) => ['--setting', id]),
      ...['--backend', 'wasm', '--out', out],
    ]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const results = await readResults(out);
    expect(results.runs).toHaveLength(2 * ids.length);
    const { arms, pairs } = compare(results.runs.map((run) => comparedRun(run, results.dataset)));
    expect(Object.fromEntries(arms.map(({ setting, trainable }) => [setting, trainable.backbone]))).toEqual(
      TRAINED,
    );
    expect(pairs).toHaveLength((ids.length * (ids.length - 1)) / 2);
    for (const { setting, runs, validation, adapterBytes } of arms) {
      expect(runs, setting).toHaveLength(2);
      const { low = 1, high = 0 } = validation.interval ?? {};
      expect(low, setting).toBeLessThan(high);
      // Four bytes per parameter and a header; adapters with atoms also store the atoms.
      expect(adapterBytes, setting).toBeGreaterThan(4 * TRAINED[setting as keyof typeof TRAINED]);
      for (const { result } of runs) {
        const losses = results.runs.find(({ validation: each }) => each === result?.validation)?.losses ?? [];
        expect(losses.length, setting).toBeGreaterThan(0);
      }
    }
  } finally {
    await rm(out, { recursive: true, force: true });
  }
});
