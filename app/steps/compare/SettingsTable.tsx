/** The settings over their seeds, and which differences between them are shown. */
import { Table } from '@mantine/core';
import { RunKey } from '../../charts/Marker';
import type { Accuracy, Arm, Comparison } from '../../store/comparison';
import {
  accuracySentences,
  accuracyWords,
  differenceWords,
  macroF1Words,
  pWords,
  shownSentence,
  testSentence,
  untestedRatesSentence,
} from '../../store/comparison-words';
import { type Column, fileRows } from '../../ui/columns';
import { bytes, count, duration, PENDING } from '../../ui/format';
import { TableFrame } from './TableFrame';
import classes from './TableFrame.module.css';

const scored = (title: string, name: string, of: (arm: Arm) => Accuracy | null): Column<Arm> => ({
  title,
  show: (arm) => accuracyWords(of(arm)),
  file: {
    [name]: (arm) => of(arm)?.mean ?? '',
    [`${name}_low`]: (arm) => of(arm)?.interval?.low ?? '',
    [`${name}_high`]: (arm) => of(arm)?.interval?.high ?? '',
  },
});

const macro = (title: string, name: string, of: (arm: Arm) => Accuracy | null): Column<Arm> => ({
  title,
  show: (arm) => macroF1Words(of(arm)),
  file: { [name]: (arm) => of(arm)?.macroF1 ?? '' },
});

/** Omits columns that have no content for these arms. */
function columnsOf(arms: readonly Arm[]): Column<Arm>[] {
  const unbalanced = arms.some(({ validation }) => validation.macroF1 !== null);
  const tested = arms.some(({ test }) => test);
  return [
    {
      title: 'Trainable',
      show: ({ trainable }) => `${count(trainable.backbone)} + ${count(trainable.head)}`,
      file: {
        trainable_backbone: ({ trainable }) => trainable.backbone,
        trainable_head: ({ trainable }) => trainable.head,
      },
    },
    { title: 'Runs', show: ({ runs }) => String(runs.length), file: { runs: ({ runs }) => runs.length } },
    scored('Validation (95 %)', 'validation', ({ validation }) => validation),
    ...(unbalanced ? [macro('Macro-F1', 'validation_macro_f1', ({ validation }) => validation)] : []),
    ...(tested ? [scored('Test (95 %)', 'test', ({ test }) => test)] : []),
    ...(tested && unbalanced ? [macro('Test macro-F1', 'test_macro_f1', ({ test }) => test)] : []),
    { title: 'Time', show: ({ seconds }) => duration(seconds), file: { seconds: ({ seconds }) => seconds } },
    {
      title: 'Adapter',
      show: ({ adapterBytes }) => bytes(Math.round(adapterBytes)),
      file: { adapter_bytes: ({ adapterBytes }) => adapterBytes },
    },
  ];
}

export function SettingsTable({ comparison }: { comparison: Comparison }) {
  const { arms, isComputing } = comparison;
  const columns = columnsOf(arms);
  return (
    <TableFrame
      name="Settings"
      head={
        <Table.Tr>
          <Table.Th scope="col">Setting</Table.Th>
          {columns.map(({ title }) => (
            <Table.Th key={title} scope="col" data-right>
              {title}
            </Table.Th>
          ))}
        </Table.Tr>
      }
      sentence={accuracySentences(comparison).join(' ')}
      isComputing={isComputing}
      fileRows={() => fileRows([{ file: { setting: ({ name }) => name } }, ...columns], arms)}
      fileName="atomtune-settings.csv"
    >
      {arms.map((arm) => (
        <Table.Tr key={arm.key}>
          <Name arm={arm} />
          {columns.map(({ title, show }) => (
            <Table.Td key={title} data-right>
              {show(arm)}
            </Table.Td>
          ))}
        </Table.Tr>
      ))}
    </TableFrame>
  );
}

function Name({ arm }: { arm: Arm }) {
  return (
    <Table.Th scope="row" className={classes.name}>
      <span>
        <RunKey style={arm.style} />
        {arm.name}
      </span>
    </Table.Th>
  );
}

export function PairsTable({ comparison }: { comparison: Comparison }) {
  const { pairs, isComputing } = comparison;
  return (
    <TableFrame
      name="Differences"
      head={
        <Table.Tr>
          <Table.Th scope="col">Setting</Table.Th>
          <Table.Th scope="col">Against</Table.Th>
          <Table.Th scope="col" data-right>
            Difference, points (95 %)
          </Table.Th>
          <Table.Th scope="col" data-right>
            p
          </Table.Th>
          <Table.Th scope="col">Verdict</Table.Th>
        </Table.Tr>
      }
      sentence={[shownSentence(comparison), untestedRatesSentence(comparison), testSentence(comparison)]
        .filter((sentence) => sentence !== null)
        .join(' ')}
      isComputing={isComputing}
      fileRows={() => [
        ['first', 'second', 'seeds', 'difference', 'low', 'high', 'p_adjusted', 'verdict'],
        ...pairs.map(({ first, second, seeds, difference, test }) => [
          ...[first.name, second.name, seeds],
          ...[difference?.mean ?? '', difference?.low ?? '', difference?.high ?? ''],
          ...[test?.p ?? '', test?.verdict ?? ''],
        ]),
      ]}
      fileName="atomtune-differences.csv"
    >
      {pairs.map((pair) => (
        <Table.Tr key={`${pair.first.key} ${pair.second.key}`}>
          <Name arm={pair.first} />
          <Table.Td>
            <span className={classes.other}>
              <RunKey style={pair.second.style} />
              {pair.second.name}
            </span>
          </Table.Td>
          <Table.Td data-right>{differenceWords(pair.difference)}</Table.Td>
          <Table.Td data-right>{pWords(pair)}</Table.Td>
          <Table.Td>{pair.test?.verdict ?? PENDING}</Table.Td>
        </Table.Tr>
      ))}
    </TableFrame>
  );
}
