/** A chart with its title, a table of the same numbers beside it, and its two exports. */
import { Button, SegmentedControl, Table } from '@mantine/core';
import { type ReactNode, useId, useRef, useState } from 'react';
import { saveFile } from '../ui/save-file';
import classes from './ChartFrame.module.css';
import { pngFile, svgFile } from './export-image';

interface Props {
  title: string;
  /** One sentence under the chart; empty for none. */
  note: string;
  fileName: string;
  columns: string[];
  rows: string[][];
  children: ReactNode;
}

type View = 'chart' | 'table';

export function ChartFrame({ title, note, fileName, columns, rows, children }: Props) {
  const [view, setView] = useState<View>('chart');
  const body = useRef<HTMLDivElement>(null);
  const heading = useId();

  const save = async (kind: 'svg' | 'png') => {
    const chart = body.current?.querySelector('svg');
    if (!chart) return;
    saveFile(kind === 'svg' ? svgFile(chart) : await pngFile(chart), `${fileName}.${kind}`);
  };

  return (
    <section className={classes.frame} aria-labelledby={heading}>
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
      <div ref={body} className={classes.body}>
        {view === 'chart' ? (
          children
        ) : (
          // A box that scrolls must be reachable by keyboard.
          // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
          <section className={classes.table} tabIndex={0} aria-label={`${title}, table`}>
            <Table fz="sm" stickyHeader>
              <Table.Thead>
                <Table.Tr>
                  {columns.map((column) => (
                    <Table.Th key={column} scope="col">
                      {column}
                    </Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.map((row) => (
                  <Table.Tr key={row.join('|')}>
                    {row.map((cell, index) => (
                      <Table.Td key={columns[index] ?? index}>{cell}</Table.Td>
                    ))}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </section>
        )}
      </div>
      <footer className={classes.foot}>
        <p>{note}</p>
        {view === 'chart' && (
          <div className={classes.exports}>
            <Button
              size="compact-xs"
              variant="subtle"
              aria-label={`Save ${title} as SVG`}
              onClick={() => void save('svg')}
            >
              SVG
            </Button>
            <Button
              size="compact-xs"
              variant="subtle"
              aria-label={`Save ${title} as PNG`}
              onClick={() => void save('png')}
            >
              PNG
            </Button>
          </div>
        )}
      </footer>
    </section>
  );
}
