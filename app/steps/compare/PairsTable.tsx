/** Every pair of settings with its paired test; unfolds from the answer. */
import { Table } from '@mantine/core';
import type { ReactNode } from 'react';
import { RunKey } from '../../charts/Marker';
import type { Comparison } from '../../store/comparison';
import { differenceWords, pWords } from '../../store/comparison-words';
import { counted, PENDING } from '../../ui/format';
import { TableFrame } from '../../ui/TableFrame';
import frame from '../../ui/TableFrame.module.css';
import classes from './CompareStep.module.css';

interface Props {
  comparison: Comparison;
  /** The statistical test. */
  sentence: ReactNode;
}

export function PairsTable({ comparison, sentence }: Props) {
  const { pairs, isComputing } = comparison;
  return (
    <details className={classes.pairs}>
      <summary>{counted(pairs.length, 'paired test')} behind this answer</summary>
      <TableFrame
        name="Differences"
        head={
          <Table.Tr>
            <Table.Th scope="col">Setting</Table.Th>
            <Table.Th scope="col">Against</Table.Th>
            <Table.Th scope="col" data-right>
              Setting − against, points (95 %)
            </Table.Th>
            <Table.Th scope="col" data-right>
              p
            </Table.Th>
            <Table.Th scope="col">Verdict</Table.Th>
          </Table.Tr>
        }
        sentence={sentence}
        isComputing={isComputing}
        files={[{ label: 'Differences', name: 'atomtune-differences.csv', rows: () => pairFile(comparison) }]}
      >
        <Table.Tbody>
          {pairs.map((pair) => (
            <Table.Tr key={`${pair.first.key} ${pair.second.key}`}>
              <Table.Th scope="row" className={frame.name}>
                <span>
                  <RunKey style={pair.first.style} />
                  {pair.first.name}
                </span>
              </Table.Th>
              <Table.Td>
                <span className={frame.other}>
                  <RunKey style={pair.second.style} />
                  {pair.second.name}
                </span>
              </Table.Td>
              <Table.Td data-right>{differenceWords(pair.difference)}</Table.Td>
              <Table.Td data-right>{pWords(pair)}</Table.Td>
              <Table.Td>{pair.test?.verdict ?? PENDING}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </TableFrame>
    </details>
  );
}

function pairFile({ pairs }: Comparison) {
  return [
    ['first', 'second', 'seeds', 'difference', 'low', 'high', 'p_adjusted', 'verdict'],
    ...pairs.map(({ first, second, seeds, difference, test }) => [
      ...[first.name, second.name, seeds],
      ...[difference?.mean ?? '', difference?.low ?? '', difference?.high ?? ''],
      ...[test?.p ?? '', test?.verdict ?? ''],
    ]),
  ];
}
