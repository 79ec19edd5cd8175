/** The table of runs: a row for each setting with its values, and the state, progress and actions of its runs. */
import { Button, Checkbox, Popover, Table, UnstyledButton } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { type ReactNode, useState } from 'react';
import { RunKey } from '../../charts/Marker';
import type { Comparison } from '../../store/comparison';
import { hideRuns } from '../../store/queue';
import { isActive, type RunRecord } from '../../store/run-record';
import { counted } from '../../ui/format';
import { Icon } from '../../ui/Icon';
import { TableFrame } from '../../ui/TableFrame';
import { RunActions, RunDetails, RunName, stateWords } from './RunParts';
import classes from './RunsTable.module.css';
import {
  columnsOf,
  type RunColumn,
  type RunRow,
  rowOf,
  rowsOf,
  runFile,
  runsWords,
  settingFile,
  sorted,
} from './run-table';

interface Sorting {
  id: string;
  descending: boolean;
}

interface Props {
  runs: readonly RunRecord[];
  comparison: Comparison;
  /** What the figures measure, the headline accuracy first; empty as long as there are none. */
  legend: readonly ReactNode[];
}

export function RunsTable({ runs, comparison, legend }: Props) {
  const [sorting, setSorting] = useState<Sorting | null>(null);
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  const { columns, chooser } = useColumns(columnsOf(comparison));
  const all = rowsOf(runs, comparison);
  const by = columns.find(({ id }) => id === sorting?.id);
  const rows = by && sorting ? sorted(all, by, sorting.descending) : all;
  const searches = runs.filter(({ role }) => role === 'search');
  const fold = (key: string, open: boolean) => {
    const next = new Set(unfolded);
    if (open) next.add(key);
    else next.delete(key);
    setUnfolded(next);
  };
  const searchesOpen = unfolded.has(SEARCHES) || all.length === 0;
  return (
    <TableFrame
      name="Runs"
      head={
        <Table.Tr>
          <Table.Th scope="col">Setting</Table.Th>
          {columns.map((column) => (
            <SortableHead key={column.id} column={column} sorting={sorting} onSort={setSorting} />
          ))}
          <Table.Th scope="col">State</Table.Th>
          <Table.Th scope="col">
            <span className={classes.invisible}>Actions</span>
          </Table.Th>
        </Table.Tr>
      }
      sentence={<Legend sentences={legend} />}
      isComputing={comparison.isComputing}
      controls={chooser}
      files={[
        { label: 'Runs', name: 'atomtune-runs.csv', rows: () => runFile(runs) },
        {
          label: 'Settings',
          name: 'atomtune-settings.csv',
          rows: () => settingFile(all, columnsOf(comparison)),
        },
      ]}
    >
      {rows.map((row) => {
        const open = unfolded.has(row.key);
        const isSeveral = row.runs.length > 1;
        return (
          <Rows
            key={row.key}
            row={row}
            columns={columns}
            runs={runs}
            fold={isSeveral ? { open, onFold: (next) => fold(row.key, next) } : undefined}
          >
            {isSeveral &&
              open &&
              row.runs.map((run) => (
                <Rows key={run.id} row={rowOf(run)} columns={columns} runs={runs} isPart />
              ))}
          </Rows>
        );
      })}
      {searches.length > 0 && (
        <Table.Tbody>
          <Table.Tr>
            <Table.Td colSpan={columns.length + 3}>
              <Fold open={searchesOpen} onFold={(open) => fold(SEARCHES, open)}>
                {counted(searches.length, 'search run')}, only to choose values, not compared
              </Fold>
            </Table.Td>
          </Table.Tr>
        </Table.Tbody>
      )}
      {searches
        .filter((run) => searchesOpen || isActive(run))
        .map((run) => (
          <Rows key={run.id} row={rowOf(run)} columns={columns} runs={runs} isPart />
        ))}
    </TableFrame>
  );
}

/** The key of the search runs among unfolded rows. */
const SEARCHES = 'searches';

interface Folding {
  open: boolean;
  onFold: (open: boolean) => void;
}

interface RowProps {
  row: RunRow;
  columns: readonly RunColumn[];
  /** All runs of the table, in order. */
  runs: readonly RunRecord[];
  /** For a setting with several runs. */
  fold?: Folding | undefined;
  /** One run of a setting with several, or a search run. */
  isPart?: boolean;
  children?: ReactNode;
}

function Rows({ row, columns, runs, fold, isPart = false, children }: RowProps) {
  const [first] = row.runs;
  const [renaming, setRenaming] = useState(false);
  const shownRun = row.runs.find(isActive) ?? (fold ? undefined : first);
  const hidden = row.runs.every((run) => run.hidden);
  const isBusy = row.runs.some(isActive);
  return (
    <>
      <Table.Tbody
        aria-label={row.name}
        data-active={isBusy || undefined}
        data-part={isPart || undefined}
        className={classes.rows}
      >
        <Table.Tr>
          <Table.Th scope="row" className={classes.name}>
            <div className={classes.naming}>
              {first && (
                <UnstyledButton
                  className={classes.key}
                  aria-pressed={!hidden}
                  aria-label={`Show ${row.name} in the charts`}
                  title={hidden ? 'Hidden in the charts' : 'Shown in the charts'}
                  data-hidden={hidden || undefined}
                  onClick={() => hideRuns(row.runs, !hidden)}
                >
                  <Icon of={hidden ? 'hidden' : 'shown'} />
                  <RunKey style={first.style} />
                </UnstyledButton>
              )}
              {fold ? (
                <Fold {...fold}>
                  {row.name} <span className={classes.aside}>{runsWords(row)}</span>
                </Fold>
              ) : (
                first && <RunName run={first} renaming={renaming} onDone={() => setRenaming(false)} />
              )}
            </div>
          </Table.Th>
          {columns.map((column) => (
            <Table.Td
              key={column.id}
              data-right={column.right || undefined}
              data-headline={column === columns[0] || undefined}
            >
              {column.show(row)}
            </Table.Td>
          ))}
          <Table.Td className={classes.state} data-status={shownRun?.status}>
            {stateWords(row.runs, runs)}
          </Table.Td>
          <Table.Td className={classes.actions}>
            {shownRun && <RunActions run={shownRun} runs={runs} onRename={() => setRenaming(true)} />}
          </Table.Td>
        </Table.Tr>
        {shownRun && <RunDetails run={shownRun} columns={columns.length + 3} />}
      </Table.Tbody>
      {children}
    </>
  );
}

function Fold({ open, onFold, children }: Folding & { children: ReactNode }) {
  return (
    <UnstyledButton className={classes.fold} aria-expanded={open} onClick={() => onFold(!open)}>
      <Icon of={open ? 'unfolded' : 'folded'} /> <span>{children}</span>
    </UnstyledButton>
  );
}

interface HeadProps {
  column: RunColumn;
  sorting: Sorting | null;
  onSort: (sorting: Sorting | null) => void;
}

/** Sorts downwards first, then upwards, then not at all. */
function SortableHead({ column: { id, title, right }, sorting, onSort }: HeadProps) {
  const current = sorting?.id === id ? sorting : null;
  const next = !current ? { id, descending: true } : current.descending ? { id, descending: false } : null;
  return (
    <Table.Th
      scope="col"
      data-right={right || undefined}
      aria-sort={current ? (current.descending ? 'descending' : 'ascending') : 'none'}
    >
      <UnstyledButton className={classes.sort} onClick={() => onSort(next)}>
        {title} {current && <Icon of={current.descending ? 'down' : 'up'} />}
      </UnstyledButton>
    </Table.Th>
  );
}

/** The columns that are shown, and the button that chooses them. The choice is remembered in this browser. */
function useColumns(all: readonly RunColumn[]): { columns: RunColumn[]; chooser: ReactNode } {
  const [chosen, setChosen] = useLocalStorage<Record<string, boolean>>({
    key: 'atomtune-columns',
    defaultValue: {},
  });
  const isShown = ({ id, isUsual }: RunColumn) => chosen[id] ?? isUsual;
  // The first column is the headline accuracy and always shown.
  const columns = all.filter((column, index) => index === 0 || isShown(column));
  const chooser = (
    <Popover position="bottom-end" withinPortal shadow="md">
      <Popover.Target>
        <Button size="compact-sm" variant="subtle" leftSection={<Icon of="columns" />}>
          Columns
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <fieldset className={classes.choice}>
          <legend className={classes.invisible}>Columns</legend>
          {all.slice(1).map((column) => (
            <Checkbox
              key={column.id}
              size="sm"
              label={column.title}
              checked={isShown(column)}
              onChange={(event) => setChosen({ ...chosen, [column.id]: event.currentTarget.checked })}
            />
          ))}
        </fieldset>
      </Popover.Dropdown>
    </Popover>
  );
  return { columns, chooser };
}

/** Which images each figure saw. */
function Legend({ sentences }: { sentences: Props['legend'] }) {
  const [first, ...rest] = sentences;
  if (!first) return 'Accuracies appear when a run has finished.';
  return (
    <>
      {first}
      {rest.length > 0 && (
        <details className={classes.more}>
          <summary>What these figures measure</summary>
          {rest.map((sentence, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the sentences are in a fixed order
            <p key={index}>{sentence}</p>
          ))}
        </details>
      )}
    </>
  );
}
