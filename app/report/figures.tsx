/** The charts as a report shows them: drawn aside of the page, in one size and on white paper. */
import type { ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { AccuracyByEpoch } from '../charts/AccuracyByEpoch';
import { AccuracyByParameters, pointsOf } from '../charts/AccuracyByParameters';
import { svgText } from '../charts/export-image';
import { LossByStep, runsWithLoss } from '../charts/LossByStep';
import type { RunRecord } from '../store/run-record';
import { CHART_NAMES, type ChartName, type Figure } from './report';

interface Drawing {
  title: string;
  Chart: (props: { runs: RunRecord[]; width: number; height: number }) => ReactNode;
  /** Whether there is anything to draw. */
  drawn: (runs: readonly RunRecord[]) => boolean;
}

export const CHARTS: Record<ChartName, Drawing> = {
  'accuracy-by-epoch': {
    title: 'Validation accuracy per epoch',
    Chart: AccuracyByEpoch,
    drawn: (runs) => runs.some(({ epochs }) => epochs.length > 0),
  },
  'loss-by-step': {
    title: 'Training loss per step',
    Chart: LossByStep,
    drawn: (runs) => runsWithLoss(runs).length > 0,
  },
  'accuracy-by-parameters': {
    title: 'Validation accuracy against trainable parameters, with 95 % intervals',
    Chart: AccuracyByParameters,
    drawn: (runs) => pointsOf(runs).length > 0,
  },
};

const SIZE = { width: 680, height: 400 };

/** Draws the chart in `place` for as long as `take` needs it; null where there is nothing to draw. */
export async function drawChart<T>(
  name: ChartName,
  runs: RunRecord[],
  place: Element,
  take: (chart: SVGSVGElement) => T | Promise<T>,
): Promise<T | null> {
  const { Chart, drawn } = CHARTS[name];
  if (!drawn(runs)) return null;
  // Charts that stand in one document must not share the ids that React makes.
  const root = createRoot(place, { identifierPrefix: name });
  try {
    root.render(<Chart runs={runs} {...SIZE} />);
    await settled();
    const chart = place.querySelector('svg');
    if (!chart) throw new Error(`The chart ${name} was not drawn.`);
    return await take(chart);
  } finally {
    root.unmount();
  }
}

/** Recharts lays out in effects that set state again: a few frames until axes and points stand. */
async function settled(): Promise<void> {
  for (let frame = 0; frame < 6; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
}

/** Of the runs that are compared. Colours and markers are dealt anew: searches have taken some. */
export async function figures(runs: readonly RunRecord[]): Promise<Figure[]> {
  const finals = runs.filter(({ role }) => role === 'final');
  const styles = [...new Set(finals.map(({ style }) => style))];
  const compared = finals.map((run) => ({ ...run, style: styles.indexOf(run.style) }));
  const place = document.createElement('div');
  place.className = 'on-white-paper';
  place.inert = true;
  document.body.append(place);
  try {
    const all: Figure[] = [];
    for (const name of CHART_NAMES) {
      const svg = await drawChart(name, compared, place, svgText);
      if (svg !== null) all.push({ name, title: CHARTS[name].title, svg });
    }
    return all;
  } finally {
    place.remove();
  }
}
