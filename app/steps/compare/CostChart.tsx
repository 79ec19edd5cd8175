/** Accuracy against one of three costs: trainable parameters, training time or adapter size. */
import { NativeSelect, SegmentedControl, Switch } from '@mantine/core';
import { useState } from 'react';
import { AccuracyAgainst } from '../../charts/AccuracyAgainst';
import { AGAINST, type Against, againstColumns, paperPoints, pointsOf } from '../../charts/against';
import { ChartFrame } from '../../charts/ChartFrame';
import { citation, PAPER_SERIES } from '../../charts/paper-points';
import type { Comparison } from '../../store/comparison';
import { accuracyName } from '../../store/comparison-words';
import { OrWait } from './OrWait';

type Cost = keyof typeof AGAINST;

const COSTS: { value: Cost; label: string }[] = [
  { value: 'parameters', label: 'Trainable parameters' },
  { value: 'seconds', label: 'Training time' },
  { value: 'bytes', label: 'Adapter size' },
];

export function CostChart({ comparison, data }: { comparison: Comparison; data: string }) {
  const [cost, setCost] = useState<Cost>('parameters');
  const [withPaper, setWithPaper] = useState(false);
  const [id, setId] = useState(PAPER_SERIES[0]?.id);
  const against: Against = AGAINST[cost];
  const series = withPaper && cost === 'parameters' ? PAPER_SERIES.find((each) => each.id === id) : undefined;
  const points = pointsOf(comparison, against);
  const all = [...points, ...(series ? paperPoints(series) : [])];
  const label = COSTS.find(({ value }) => value === cost)?.label ?? '';
  return (
    <ChartFrame
      title="Accuracy against cost"
      data={data}
      note={
        noteOf(comparison, against) +
        (series
          ? ` Hollow grey points, for orientation only: another network and other data (${citation(series)}).`
          : '')
      }
      explains={['Pareto front']}
      fileName={`atomtune-${cost}`}
      columns={againstColumns(against, all)}
      rows={() => all}
      wide
      controls={
        <>
          <SegmentedControl size="xs" aria-label="Cost" value={cost} onChange={setCost} data={COSTS} />
          {cost === 'parameters' && (
            <Switch
              size="sm"
              label="Show the paper's points"
              checked={withPaper}
              onChange={(event) => setWithPaper(event.currentTarget.checked)}
            />
          )}
          {series && (
            <NativeSelect
              size="xs"
              aria-label="The paper's data"
              value={id}
              data={PAPER_SERIES.map((each) => ({ value: each.id, label: each.data }))}
              onChange={(event) => setId(event.currentTarget.value)}
            />
          )}
        </>
      }
    >
      <OrWait when={points.length > 0}>
        <AccuracyAgainst against={against} title={`Accuracy against ${label.toLowerCase()}`} points={all} />
      </OrWait>
    </ChartFrame>
  );
}

function noteOf(comparison: Comparison, { frugally }: Against): string {
  const { arms, scoredOn } = comparison;
  const mean = arms.some(({ runs }) => runs.length > 1) ? ', mean over seeds' : '';
  return `${accuracyName(comparison, scoredOn)} of the best epoch${mean}. Bars: 95 % intervals. Line: Pareto front, the highest accuracy ${frugally}.`;
}
