/** A wide table that scrolls horizontally, with notes and CSV exports. */
import { Button, Table } from '@mantine/core';
import type { ReactNode } from 'react';
import { type Cell, csv } from './csv';
import { Icon } from './Icon';
import { saveFile } from './save-file';
import classes from './TableFrame.module.css';

interface CsvFile {
  /** What it lists. */
  label: string;
  name: string;
  /** Including the header; called on export. */
  rows: () => Cell[][];
}

interface Props {
  /** Accessible name, without the word “table”. */
  name: string;
  head: ReactNode;
  /** The bodies of the table. */
  children: ReactNode;
  sentence: ReactNode;
  /** Some numbers are not computed yet; exports are disabled until they are. */
  isComputing?: boolean;
  /** Beside the export buttons. */
  controls?: ReactNode;
  files: readonly CsvFile[];
}

export function TableFrame({ name, head, children, sentence, isComputing, controls, files }: Props) {
  const save = ({ name: fileName, rows }: CsvFile) =>
    saveFile(new Blob([csv(rows())], { type: 'text/csv;charset=utf-8' }), fileName);
  return (
    <div className={classes.frame}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
      <section className={classes.scroll} tabIndex={0} aria-label={`${name}, table`} aria-busy={isComputing}>
        <Table
          className="numbers"
          highlightOnHover={false}
          withRowBorders={false}
          verticalSpacing="var(--space-1)"
        >
          <Table.Thead>{head}</Table.Thead>
          {children}
        </Table>
      </section>
      <footer className={classes.foot}>
        <div className={classes.words}>{sentence}</div>
        <div className={classes.buttons}>
          {controls}
          {files.map((file) => (
            <Button
              key={file.name}
              size="compact-sm"
              variant="subtle"
              leftSection={<Icon of="download" />}
              disabled={isComputing}
              onClick={() => save(file)}
              aria-label={`Save ${file.label.toLowerCase()} as CSV`}
            >
              {file.label} as CSV
            </Button>
          ))}
        </div>
      </footer>
    </div>
  );
}
