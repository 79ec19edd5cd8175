import '../ui/base.css';
import { MantineProvider } from '@mantine/core';
import type { ReactNode } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RUN_CONFIG } from '../report/result-fixtures';
import { compare } from '../store/comparison';
import type { RunRecord } from '../store/run-record';
import { AccuracyAgainst } from './AccuracyAgainst';
import { AccuracyByEpoch } from './AccuracyByEpoch';
import { AccuracyBySeed } from './AccuracyBySeed';
import { AGAINST, pointsOf } from './against';
import { ChartFrame } from './ChartFrame';
import { LossByStep } from './LossByStep';

const labels = Array.from({ length: 20 }, (_, image) => image % 2);

function run(setting: string, style: number, seed: number, correct: number): RunRecord {
  const validation = {
    targets: labels,
    predicted: labels.map((label, image) => (image < correct ? label : 1 - label)),
  };
  // The charts and the comparison read no other fields of a run.
  return {
    ...{ id: `${setting} ${seed}`, name: `${setting}, seed ${seed}`, armName: `Setting ${setting}`, setting },
    ...{ role: 'final', status: 'finished', basis: 'data', style, symbol: setting },
    config: { ...RUN_CONFIG, setting, seed },
    trainable: { backbone: 100 * (style + 1), head: 10 },
    epochs: [8, correct].map((right, epoch) => ({ epoch, correct: right, total: 20 })),
    steps: [1, 0.7, 0.5].map((loss, step) => ({ step, loss })),
    ...{ totalSteps: 3, keptEpoch: 1, model: { adapterBytes: 4000 * (style + 1) } },
    result: {
      ...{ outcome: 'finished', seconds: 3, validation, test: null, backend: 'wasm', precision: 'single' },
      threads: 1,
    },
  } as unknown as RunRecord;
}

const RUNS = [run('atoms', 1, 0, 14), run('lora', 2, 0, 16), run('atoms', 1, 1, 15), run('lora', 2, 1, 17)];
const DATA = 'flowers, 40 images, split 0; starter';
const NOTE = 'On the validation images. '.repeat(12).trim();

/** Each kind of chart, with the titles of its axes and what else it must name. */
const CHARTS: Record<string, { chart: ReactNode; says: readonly string[] }> = {
  loss: {
    chart: <LossByStep runs={RUNS} />,
    says: ['step', 'training loss', 'Setting atoms', 'Setting lora'],
  },
  accuracy: {
    chart: <AccuracyByEpoch runs={RUNS} />,
    says: ['epoch', 'validation accuracy', 'Setting atoms', 'Setting lora'],
  },
  seeds: {
    chart: <AccuracyBySeed runs={RUNS} />,
    says: ['epoch', 'validation accuracy', 'Seed 0', 'Seed 1', 'Setting atoms'],
  },
  ...Object.fromEntries(
    Object.values(AGAINST).map((against) => [
      against.field,
      {
        chart: <AccuracyAgainst against={against} title="" points={pointsOf(compare(RUNS), against)} />,
        says: [against.axis, 'validation accuracy', 'Pareto front', 'Setting atoms', 'Setting lora'],
      },
    ]),
  ),
};

let place: HTMLElement;
let root: Root;
beforeEach(() => {
  place = document.createElement('div');
  place.style.width = '640px';
  document.body.append(place);
  root = createRoot(place);
});
afterEach(() => {
  root.unmount();
  place.remove();
  vi.restoreAllMocks();
});

/** The chart as a saved file of this kind, from a dark page. */
async function saved(chart: ReactNode, kind: 'svg' | 'png'): Promise<Blob> {
  const blobs: Blob[] = [];
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => {});
  const original = URL.createObjectURL.bind(URL);
  vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
    // A PNG is drawn from an SVG file.
    if (blob instanceof Blob && blob.type.startsWith(`image/${kind}`)) blobs.push(blob);
    return original(blob);
  });
  root.render(
    <MantineProvider forceColorScheme="dark">
      <ChartFrame title="A title" data={DATA} note={NOTE} fileName="chart" columns={[]} rows={() => []}>
        {chart}
      </ChartFrame>
    </MantineProvider>,
  );
  await vi.waitFor(() => expect(place.querySelector('svg text')).not.toBeNull());
  // The axes are complete only after a few frames.
  for (let frame = 0; frame < 8; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
  place.querySelector<HTMLElement>(`[aria-label="Save A title as ${kind.toUpperCase()}"]`)?.click();
  return vi.waitFor(() => {
    const found = blobs.at(-1);
    if (!found) throw new Error('Nothing was saved.');
    return found;
  });
}

describe.each(Object.entries(CHARTS))('the saved chart of %s', (_, { chart, says }) => {
  it('has its title, data set, note, axes with titles and ticks, and legend, on a light background', async () => {
    const text = await (await saved(chart, 'svg')).text();
    const svg = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
    const texts = [...svg.querySelectorAll('text')];
    const words = texts.map((element) => element.textContent?.trim() ?? '');
    expect(words.slice(0, 2)).toEqual(['A title', DATA]);
    expect(svg.querySelector('title')?.textContent).toBe(`A title — ${DATA}`);
    for (const each of says) expect(words.join('|')).toContain(each);
    expect(words.join(' ')).toContain('On the validation images.');
    const ticks = words.filter((word) => /^[\d.,]+( ?[%kMB]+)?$/.test(word.replaceAll('\u00a0', ' ')));
    expect(ticks.length).toBeGreaterThan(4);
    expect(svg.querySelector('rect')?.getAttribute('fill')).toBe('#ffffff');
    // Every text is dark enough to read on white.
    for (const element of texts) {
      const fill = element.getAttribute('fill') ?? '';
      const [red = 255, green = 255, blue = 255] = (fill.match(/\d+/g) ?? []).map(Number);
      expect(Math.max(red, green, blue), `${element.textContent}: ${fill}`).toBeLessThan(140);
    }
  });
});

it('a saved PNG has twice as many pixels as the chart, with room for title, data set and note', async () => {
  const chart = <AccuracyByEpoch runs={RUNS} />;
  const image = await createImageBitmap(await saved(chart, 'png'));
  const drawn = place.querySelector('svg')?.getBoundingClientRect();
  expect(image.width).toBe(2 * ((drawn?.width ?? 0) + 32));
  expect(image.height).toBeGreaterThan(2 * ((drawn?.height ?? 0) + 79));
});
