/** The settings side by side over their seeds, and which differences between them are shown. */
import { Table } from '@mantine/core';
import { RunKey } from '../../charts/Marker';
import type { Accuracy, Arm, Comparison, Pair } from '../../store/comparison';
import { type Column, fileRows } from '../../ui/columns';
import { bytes, count, counted, duration, percent, points, pValue } from '../../ui/format';
import { TableFrame } from './TableFrame';
import classes from './TableFrame.module.css';

const range = ({ mean, low, high }: Accuracy) => `${percent(mean)} (${percent(low)} to ${percent(high)})`;

const scored = (title: string, name: string, of: (arm: Arm) => Accuracy | null): Column<Arm> => ({
  title,
  show: (arm) => {
    const accuracy = of(arm);
    return accuracy ? range(accuracy) : '–';
  },
  file: {
    [name]: (arm) => of(arm)?.mean ?? '',
    [`${name}_low`]: (arm) => of(arm)?.low ?? '',
    [`${name}_high`]: (arm) => of(arm)?.high ?? '',
  },
});

const macro = (title: string, name: string, of: (arm: Arm) => Accuracy | null): Column<Arm> => ({
  title,
  show: (arm) => of(arm)?.macroF1?.toFixed(3) ?? '–',
  file: { [name]: (arm) => of(arm)?.macroF1 ?? '' },
});

/** Without columns that say nothing here. */
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

/** What the intervals are, and what not to read into them. */
function intervalSentence(arms: readonly Arm[]): string {
  const several = arms.some(({ runs }) => runs.length > 1);
  const tested = arms.some(({ test }) => test);
  const kind = several
    ? 'Intervals of several runs are bootstrapped over images and seeds; those of one are Wilson’s, over images alone.'
    : 'Intervals are Wilson’s, over images alone: another seed may give something else.';
  const test = tested
    ? ' Test images neither trained nor chose anything; each run answered them once, at its best validation epoch.'
    : '';
  return `${kind} Validation is after the last epoch.${test} Time leaves out what settings share: features, a first head, finding atoms.`;
}

export function SettingsTable({ arms }: Pick<Comparison, 'arms'>) {
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
      sentence={intervalSentence(arms)}
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

/** `+1.3 points (−0.4 to +3.1)` */
function difference({ comparison: { difference: mean, low, high } }: Pair): string {
  return `${points(mean)} points (${points(low)} to ${points(high)})`;
}

export function pairsSentence({ pairs, pairedOn }: Comparison): string {
  const images = pairs[0]?.first[pairedOn]?.images ?? 0;
  const shown = pairs.filter(({ comparison }) => comparison.verdict !== 'no difference shown').length;
  const found =
    shown === 0
      ? 'No difference is shown between any two settings.'
      : `A difference is shown in ${shown} of ${counted(pairs.length, 'comparison')}.`;
  return `${found} Each two are compared on the same ${counted(images, `${pairedOn} image`)} with the seeds both have (exact sign-flip test); p is adjusted for all comparisons together (Holm). A difference is shown where p is at most 0.05 and the interval leaves out 0; none shown does not mean equal.`;
}

export function PairsTable(comparison: Comparison) {
  const { pairs } = comparison;
  return (
    <TableFrame
      name="Differences"
      head={
        <Table.Tr>
          <Table.Th scope="col">Setting</Table.Th>
          <Table.Th scope="col">Against</Table.Th>
          <Table.Th scope="col" data-right>
            Difference (95 %)
          </Table.Th>
          <Table.Th scope="col" data-right>
            p
          </Table.Th>
          <Table.Th scope="col">Verdict</Table.Th>
        </Table.Tr>
      }
      sentence={pairsSentence(comparison)}
      fileRows={() => [
        ['first', 'second', 'seeds', 'difference', 'low', 'high', 'p_adjusted', 'verdict'],
        ...pairs.map(({ first, second, seeds, comparison: { difference: mean, low, high, p, verdict } }) => [
          ...[first.name, second.name, seeds],
          ...[mean, low, high, p, verdict],
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
          <Table.Td data-right>{difference(pair)}</Table.Td>
          <Table.Td data-right>{pValue(pair.comparison.p)}</Table.Td>
          <Table.Td>{pair.comparison.verdict}</Table.Td>
        </Table.Tr>
      ))}
    </TableFrame>
  );
}
