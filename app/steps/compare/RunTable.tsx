/** The runs in a table, with the uncertainty of their accuracies. */
import { Table } from '@mantine/core';
import { wilson } from '../../../src/statistics/wilson';
import { RunKey } from '../../charts/Marker';
import { accuracy, lastEpoch, type RunRecord } from '../../store/run-record';
import { counted, percent, range } from '../../ui/format';
import { columnsOf, csvRows } from './run-table';
import { TableFrame } from './TableFrame';
import classes from './TableFrame.module.css';

/** Explains how the size of the validation set limits the accuracies' precision; null before any measurement. */
export function trustSentence(runs: readonly RunRecord[]): string | null {
  const ends = runs.flatMap((run) => lastEpoch(run) ?? []);
  const best = ends.toSorted((a, b) => accuracy(b) - accuracy(a))[0];
  if (!best) return null;
  const interval = wilson(best.correct, best.total);
  return `Accuracies are measured on ${counted(best.total, 'validation image')}. In brackets: 95 % Wilson interval; for the highest accuracy, ${percent(accuracy(best))}, it is ${range(interval)}. Overlapping intervals neither show nor rule out a difference.`;
}

export function RunTable({ runs }: { runs: RunRecord[] }) {
  const columns = columnsOf(runs);
  return (
    <TableFrame
      name="Results"
      head={
        <>
          <Table.Tr>
            <Table.Th scope="col" rowSpan={2}>
              Run
            </Table.Th>
            {columns.map(({ title, right }) =>
              title === 'Head' ? null : title === 'Backbone' ? (
                <Table.Th key={title} scope="colgroup" colSpan={2} className={classes.group}>
                  Trainable
                </Table.Th>
              ) : (
                <Table.Th key={title} scope="col" rowSpan={2} data-right={right || undefined}>
                  {title}
                </Table.Th>
              ),
            )}
          </Table.Tr>
          <Table.Tr>
            <Table.Th scope="col" data-right>
              Backbone
            </Table.Th>
            <Table.Th scope="col" data-right>
              Head
            </Table.Th>
          </Table.Tr>
        </>
      }
      sentence={trustSentence(runs) ?? 'Accuracies appear after the first epoch.'}
      fileRows={() => csvRows(runs)}
      fileName="atomtune-runs.csv"
    >
      {runs.map((run) => (
        <Table.Tr key={run.id}>
          <Table.Th scope="row" className={classes.name}>
            <span>
              <RunKey style={run.style} />
              {run.name}
            </span>
          </Table.Th>
          {columns.map(({ title, right, show }) => (
            <Table.Td key={title} data-right={right || undefined}>
              {show(run)}
            </Table.Td>
          ))}
        </Table.Tr>
      ))}
    </TableFrame>
  );
}
