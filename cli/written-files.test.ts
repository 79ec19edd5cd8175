import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHART_NAMES } from '../app/report/report';
import { DEFAULT_HYPERPARAMETERS, runConfig } from '../app/store/defaults';
import type { AskedRun } from './messages';
import { finished, pageFixture, SETTINGS } from './page-fixture';
import { adapterFileName, saveAdapter, saveCharts, writtenFiles } from './written-files';

let out = '';
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'written-'));
});
afterEach(() => rm(out, { recursive: true }));

const kept = (setting: string) => ({ setting, adapter: { file: `${setting}.safetensors`, bytes: 1 } });

const [setting] = SETTINGS;
if (!setting) throw new Error('There are settings.');
const asked: AskedRun = {
  ...{ setting, role: 'final', name: 'Probe', armName: 'Probe', memoryCap: null },
  ...{ sweep: null, before: null },
  config: runConfig(setting, DEFAULT_HYPERPARAMETERS, 'none'),
};

describe('an adapter file', () => {
  it('is named after its setting, with a number from the second on', () => {
    expect(adapterFileName('atoms', [])).toBe('atoms.safetensors');
    expect(adapterFileName('atoms', [kept('lora')])).toBe('atoms.safetensors');
    expect(adapterFileName('atoms', [kept('atoms'), kept('lora')])).toBe('atoms-2.safetensors');
    expect(adapterFileName('atoms', [kept('atoms'), kept('atoms')])).toBe('atoms-3.safetensors');
  });

  it('is not counted if a run kept no model', () => {
    expect(adapterFileName('atoms', [{ setting: 'atoms', adapter: null }])).toBe('atoms.safetensors');
  });

  it('has the engine’s bytes, and the results contain its size', async () => {
    const page = pageFixture({ exportAdapter: () => new Uint8Array([1, 2, 3]) });
    expect(await saveAdapter(out, page, finished(asked), [])).toEqual({
      file: 'linear-probe.safetensors',
      bytes: 3,
    });
    expect([...(await readFile(join(out, 'linear-probe.safetensors')))]).toEqual([1, 2, 3]);
    expect(page.asked).toEqual([['exportAdapter', 'model of Probe', 'Probe']]);
  });

  it('is not written if a run kept no model', async () => {
    const page = pageFixture();
    expect(await saveAdapter(out, page, { ...finished(asked), model: null }, [])).toBeNull();
    expect(page.asked).toEqual([]);
    expect(await readdir(out)).toEqual([]);
  });
});

describe('charts', () => {
  it('are written as text if they are SVG', async () => {
    expect(await saveCharts(out, pageFixture(), 'svg')).toEqual(CHART_NAMES.map((name) => `${name}.svg`));
    expect(await readFile(join(out, 'loss-by-step.svg'), 'utf8')).toBe('<svg>loss-by-step</svg>');
  });

  it('are written as bytes if they are PNG', async () => {
    // The first bytes of every PNG (W3C PNG, §5.2), as the page sends them.
    const page = pageFixture({ chart: () => 'iVBORw0KGgo=' });
    await saveCharts(out, page, 'png');
    expect([...(await readFile(join(out, 'loss-by-step.png')))]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  });

  it('are left out if there is nothing to draw', async () => {
    const page = pageFixture({ chart: (name) => (name === 'loss-by-step' ? null : '<svg/>') });
    const files = await saveCharts(out, page, 'svg');
    expect(files).toEqual(CHART_NAMES.filter((name) => name !== 'loss-by-step').map((name) => `${name}.svg`));
    expect((await readdir(out)).toSorted()).toEqual(files.toSorted());
  });
});

it('names all files, adapters with their size', () => {
  const runs = [kept('atoms'), { setting: 'lora', adapter: null }];
  // The other fields of a run are not used here.
  const results = { runs: runs as Parameters<typeof writtenFiles>[0]['runs'], charts: ['loss-by-step.svg'] };
  expect(writtenFiles(results)).toEqual([
    'atoms.safetensors (1\u00a0B)',
    ...['report.html', 'report.md', 'results.json', 'loss-by-step.svg'],
  ]);
});
