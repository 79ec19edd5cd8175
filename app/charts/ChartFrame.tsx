/** A chart with its title, a table of the same numbers, and exports. */
import { Button, SegmentedControl, Table } from '@mantine/core';
import { type ReactNode, useId, useRef, useState } from 'react';
import { type Column, fileRows } from '../ui/columns';
import { csv } from '../ui/csv';
import { explained } from '../ui/explained';
import type { Word } from '../ui/glossary';
import { Icon } from '../ui/Icon';
import { saveFile } from '../ui/save-file';
import classes from './ChartFrame.module.css';
import { pngFile, svgFile } from './export-image';
import { type Heading, nameOf, titled } from './titled';

interface Props<Row> {
  title: string;
  /** The images and the backbone, for saved images. */
  data: string;
  /** One or two sentences under the chart; may be empty. */
  note: string;
  /** The words of the note that are explained on the page. */
  explains?: readonly Word[];
  fileName: string;
  columns: readonly Column<Row>[];
  /** Called only when the table is shown or saved. */
  rows: () => readonly Row[];
  /** The rows of the CSV, if the table on the page shows only some of them. */
  allRows?: () => readonly Row[];
  /** Controls for the chart's options. */
  controls?: ReactNode;
  /** Spans all columns of the grid. */
  wide?: boolean;
  children: ReactNode;
}

type View = 'chart' | 'table';
type FileKind = 'svg' | 'png' | 'csv';

export function ChartFrame<Row>({
  title,
  data,
  note,
  explains = [],
  fileName,
  columns,
  rows,
  allRows = rows,
  controls,
  wide = false,
  children,
}: Props<Row>) {
  const [view, setView] = useState<View>('chart');
  const body = useRef<HTMLDivElement>(null);
  const heading = useId();

  const [failed, setFailed] = useState(false);
  const save = async (kind: FileKind) => {
    setFailed(false);
    const file =
      kind === 'csv'
        ? csvFile(columns, allRows())
        : await pictureOf(body.current, { title, data, note }, kind);
    if (file) saveFile(file, `${fileName}.${kind}`);
  };
  const kinds: readonly FileKind[] = view === 'chart' ? ['svg', 'png', 'csv'] : ['csv'];

  return (
    <section className={classes.frame} aria-labelledby={heading} data-wide={wide || undefined}>
      <header className={classes.head}>
        <h3 id={heading}>{title}</h3>
        <SegmentedControl
          size="xs"
          aria-label={`${title}: view`}
          value={view}
          onChange={setView}
          data={[
            { value: 'chart', label: 'Chart' },
            { value: 'table', label: 'Table' },
          ]}
        />
      </header>
      {controls && <div className={classes.controls}>{controls}</div>}
      <div ref={body} className={classes.body}>
        {view === 'chart' ? children : <NumbersTable title={title} columns={columns} rows={rows()} />}
      </div>
      <footer className={classes.foot}>
        <p>
          {failed
            ? 'The image could not be created. Try SVG, or a smaller window.'
            : explained([note], explains)}
        </p>
        <div className={classes.exports}>
          <Icon of="download" />
          {kinds.map((kind) => (
            <Button
              key={kind}
              size="compact-sm"
              variant="subtle"
              aria-label={`Save ${title} as ${kind.toUpperCase()}`}
              onClick={() => save(kind).catch(() => setFailed(true))}
            >
              {kind.toUpperCase()}
            </Button>
          ))}
        </div>
      </footer>
    </section>
  );
}

interface TableProps<Row> {
  title: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
}

function NumbersTable<Row>({ title, columns, rows }: TableProps<Row>) {
  const cells = rows.map((row) => columns.map(({ show }) => show(row)));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
    <section className={classes.table} tabIndex={0} aria-label={`${title}, table`}>
      <Table fz="sm" stickyHeader>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th key={column.title} scope="col">
                {column.title}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {cells.map((row) => (
            <Table.Tr key={row.join('|')}>
              {row.map((cell, index) => (
                <Table.Td key={columns[index]?.title}>{cell}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

const csvFile = <Row,>(columns: readonly Column<Row>[], rows: readonly Row[]) =>
  new Blob([csv(fileRows(columns, rows))], { type: 'text/csv;charset=utf-8' });

/** All charts in the element as one image with its heading, in light colours; null if none has been drawn. */
async function pictureOf(
  place: HTMLElement | null,
  heading: Heading,
  kind: 'svg' | 'png',
): Promise<Blob | null> {
  const charts = [...(place?.querySelectorAll('svg') ?? [])];
  if (charts.length === 0) return null;
  const paper = document.createElement('div');
  paper.className = 'on-white-paper';
  document.body.append(paper);
  try {
    const svg = svgFile([titled(charts, heading, paper)], nameOf(heading));
    return kind === 'svg' ? svg : await pngFile(svg);
  } finally {
    paper.remove();
  }
}
