/** The charts of a report, drawn outside the visible page at one size on a white background. */
import type { ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { AccuracyAgainst } from '../charts/AccuracyAgainst';
import { AccuracyByEpoch } from '../charts/AccuracyByEpoch';
import { AGAINST, type Against, pointsOf } from '../charts/against';
import { svgText } from '../charts/export-image';
import { LossByStep, runsWithLoss } from '../charts/LossByStep';
import { compare } from '../store/comparison';
import { accuracyName } from '../store/comparison-words';
import { drawnRuns, type RunRecord } from '../store/run-record';
import { CHART_NAMES, type ChartName, type Figure } from './report';

const SIZE = { width: 680, height: 400 };

/** A chart's title and content; null if there is nothing to draw. */
type Drawing = (runs: readonly RunRecord[]) => { title: string; chart: ReactNode } | null;

const CHARTS: Record<ChartName, Drawing> = {
  'accuracy-by-epoch': (runs) => {
    const drawn = drawnRuns(runs);
    if (!drawn.some(({ epochs }) => epochs.length > 0)) return null;
    return { title: 'Validation accuracy per epoch', chart: <AccuracyByEpoch runs={drawn} {...SIZE} /> };
  },
  'loss-by-step': (runs) => {
    const drawn = drawnRuns(runs);
    if (runsWithLoss(drawn).length === 0) return null;
    return { title: 'Training loss per step', chart: <LossByStep runs={drawn} {...SIZE} /> };
  },
  'accuracy-by-parameters': costChart(AGAINST.parameters, 'trainable parameters'),
  'accuracy-by-seconds': costChart(AGAINST.seconds, 'training time'),
  'accuracy-by-bytes': costChart(AGAINST.bytes, 'adapter size'),
};

function costChart(against: Against, cost: string): Drawing {
  return (runs) => {
    const comparison = compare(runs);
    const points = pointsOf(comparison, against);
    if (points.length === 0) return null;
    const title = `${accuracyName(comparison, comparison.scoredOn)} against ${cost}, with 95 % intervals`;
    return { title, chart: <AccuracyAgainst against={against} title={title} points={points} {...SIZE} /> };
  };
}

/** Draws the chart in `place`, passes it to `take`, and removes it afterwards. Null if there is nothing to draw. */
export async function drawChart<T>(
  name: ChartName,
  runs: readonly RunRecord[],
  place: Element,
  take: (chart: SVGSVGElement, title: string) => T | Promise<T>,
): Promise<T | null> {
  const drawing = CHARTS[name](runs);
  if (!drawing) return null;
  // React's generated ids must be unique among the charts in one document.
  const root = createRoot(place, { identifierPrefix: name });
  try {
    root.render(drawing.chart);
    await settled();
    const chart = place.querySelector('svg');
    if (!chart) throw new Error(`The chart ${name} was not drawn.`);
    return await take(chart, drawing.title);
  } finally {
    root.unmount();
  }
}

/** Recharts sets state in layout effects, so axes and points are complete only after a few frames. */
async function settled(): Promise<void> {
  for (let frame = 0; frame < 6; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
}

/** Charts of the runs that are compared; search runs are excluded. */
export async function figures(runs: readonly RunRecord[]): Promise<Figure[]> {
  const compared = runs.filter(({ role }) => role === 'final');
  const place = document.createElement('div');
  place.className = 'on-white-paper';
  place.inert = true;
  document.body.append(place);
  try {
    const all: Figure[] = [];
    for (const name of CHART_NAMES) {
      const figure = await drawChart(name, compared, place, (chart, title) => ({
        ...{ name, title },
        svg: svgText([chart], title),
      }));
      if (figure) all.push(figure);
    }
    return all;
  } finally {
    place.remove();
  }
}
