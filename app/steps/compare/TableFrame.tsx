/** A wide table that scrolls horizontally, with notes and a CSV export. */
import { Button, Table } from '@mantine/core';
import type { ReactNode } from 'react';
import { type Cell, csv } from '../../ui/csv';
import { saveFile } from '../../ui/save-file';
import classes from './TableFrame.module.css';

interface Props {
  /** Accessible name, without the word “table”. */
  name: string;
  head: ReactNode;
  /** The rows of the body. */
  children: ReactNode;
  sentence: string;
  /** Some numbers are not computed yet; the export is disabled until they are. */
  isComputing?: boolean;
  /** The rows of the CSV, including the header; called on export. */
  fileRows: () => Cell[][];
  fileName: string;
}

export function TableFrame({ name, head, children, sentence, isComputing, fileRows, fileName }: Props) {
  const save = () => saveFile(new Blob([csv(fileRows())], { type: 'text/csv;charset=utf-8' }), fileName);
  return (
    <div className={classes.frame}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
      <section className={classes.scroll} tabIndex={0} aria-label={`${name}, table`} aria-busy={isComputing}>
        <Table className="numbers" highlightOnHover verticalSpacing={7}>
          <Table.Thead>{head}</Table.Thead>
          <Table.Tbody>{children}</Table.Tbody>
        </Table>
      </section>
      <footer className={classes.foot}>
        <p>{sentence}</p>
        <Button
          size="xs"
          variant="default"
          disabled={isComputing}
          onClick={save}
          aria-label={`Save ${name.toLowerCase()} as CSV`}
        >
          Save as CSV
        </Button>
      </footer>
    </div>
  );
}
