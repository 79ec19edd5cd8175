/** Small multiples: validation accuracy per epoch, one panel per seed, with the same axes. */
import type { RunRecord } from '../store/run-record';
import { EpochChart, type EpochPlot, epochPlot } from './AccuracyByEpoch';
import classes from './AccuracyBySeed.module.css';
import { ChartLegend, type LegendEntry, legendHeight, runEntries } from './ChartLegend';
import { useWidth } from './SizedChart';

const PANEL_HEIGHT = 190;

/** Seeds of the runs that have completed an epoch, ascending. */
export const seedsOf = (runs: readonly RunRecord[]) =>
  [...new Set(runs.filter(({ epochs }) => epochs.length > 0).map(({ config }) => config.seed))].sort(
    (a, b) => a - b,
  );

/** The curves of one seed, with the common axes. */
export const seedPlot = (plot: EpochPlot, seed: number): EpochPlot => ({
  ...plot,
  curves: plot.curves.filter(({ config }) => config.seed === seed),
  references: plot.references.filter(({ config }) => config.seed === seed),
});

export function AccuracyBySeed({ runs }: { runs: readonly RunRecord[] }) {
  const plot = epochPlot(runs);
  const drawn = [...plot.curves, ...plot.references];
  return (
    <div className={classes.panels}>
      <Legend entries={runEntries(drawn)} />
      {seedsOf(drawn).map((seed) => (
        <section key={seed} aria-label={`Seed ${seed}`} className={classes.panel}>
          <EpochChart plot={seedPlot(plot, seed)} heading={`Seed ${seed}`} height={PANEL_HEIGHT} />
        </section>
      ))}
    </div>
  );
}

/** One legend for all panels. */
function Legend({ entries }: { entries: readonly LegendEntry[] }) {
  const [place, wide] = useWidth();
  return (
    <div ref={place} className={classes.legend}>
      {wide > 0 && (
        <svg width={wide} height={legendHeight(entries, wide)} aria-hidden="true">
          <ChartLegend entries={entries} x={0} width={wide} />
        </svg>
      )}
    </div>
  );
}
