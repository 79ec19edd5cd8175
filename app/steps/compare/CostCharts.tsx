/** Accuracy against trainable parameters, training time and adapter size, over all seeds. */
import { NativeSelect, Switch } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { AccuracyAgainst } from '../../charts/AccuracyAgainst';
import {
  AGAINST,
  type Against,
  againstColumns,
  type Point,
  paperPoints,
  pointsOf,
} from '../../charts/against';
import { ChartFrame } from '../../charts/ChartFrame';
import { citation, PAPER_SERIES } from '../../charts/paper-points';
import type { Comparison } from '../../store/comparison';
import { OrWait } from './OrWait';

export function CostCharts({ comparison }: { comparison: Comparison }) {
  return (
    <>
      <ParametersChart comparison={comparison} />
      <CostChart
        comparison={comparison}
        against={AGAINST.seconds}
        title="Accuracy against training time"
        fileName="atomtune-seconds"
      />
      <CostChart
        comparison={comparison}
        against={AGAINST.bytes}
        title="Accuracy against adapter size"
        fileName="atomtune-bytes"
      />
    </>
  );
}

function ParametersChart({ comparison }: { comparison: Comparison }) {
  const [shown, setShown] = useState(false);
  const [id, setId] = useState(PAPER_SERIES[0]?.id);
  const series = shown ? PAPER_SERIES.find((each) => each.id === id) : undefined;
  return (
    <CostChart
      comparison={comparison}
      against={AGAINST.parameters}
      title="Accuracy against trainable parameters"
      fileName="atomtune-parameters"
      beside={series ? paperPoints(series) : []}
      besideNote={
        series
          ? ` Hollow grey points, for orientation only: another network and other data (${citation(series)}).`
          : ''
      }
      controls={
        <>
          <Switch
            size="sm"
            label="Show the paper's points"
            checked={shown}
            onChange={(event) => setShown(event.currentTarget.checked)}
          />
          {shown && (
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
      wide
    />
  );
}

interface Props {
  comparison: Comparison;
  against: Against;
  title: string;
  fileName: string;
  /** Additional points that are not from runs. */
  beside?: readonly Point[];
  besideNote?: string;
  controls?: ReactNode;
  wide?: boolean;
}

function CostChart({ comparison, against, title, fileName, beside = [], besideNote = '', ...frame }: Props) {
  const points = pointsOf(comparison, against);
  const all = [...points, ...beside];
  return (
    <ChartFrame
      title={title}
      note={noteOf(comparison, against) + besideNote}
      fileName={fileName}
      columns={againstColumns(against)}
      rows={() => all}
      {...frame}
    >
      <OrWait when={points.length > 0}>
        <AccuracyAgainst against={against} title={title} points={all} />
      </OrWait>
    </ChartFrame>
  );
}

function noteOf({ arms, pairedOn }: Comparison, { frugally }: Against): string {
  const counted =
    pairedOn === 'test' ? 'Test accuracy of the best epoch' : 'Validation accuracy of the last epoch';
  const mean = arms.some(({ runs }) => runs.length > 1) ? ', mean over seeds' : '';
  return `${counted}${mean}. Bars: 95 % intervals. Line: Pareto front, the highest accuracy ${frugally}.`;
}
