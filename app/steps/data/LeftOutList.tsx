import type { LeftOut } from '../../../src/core/dataset';
import { counted } from '../../ui/format';
import { FoldedList } from './FoldedList';

interface Props {
  leftOut: readonly LeftOut[];
  /** What happens with all other files. */
  others?: 'used' | 'classified';
}

/** Files that were left out, and why. File names come from the person, so they are rendered as plain text. */
export function LeftOutList({ leftOut, others = 'used' }: Props) {
  return (
    <FoldedList
      label="Left out"
      lead={
        <>
          <strong>{counted(leftOut.length, 'file')} left out.</strong> All other files are {others}.
        </>
      }
      items={leftOut.map(({ path, reason }) => (
        <>
          <code>{path}</code>
          <span>{reason}</span>
        </>
      ))}
    />
  );
}
