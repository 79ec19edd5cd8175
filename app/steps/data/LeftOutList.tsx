import type { LeftOut } from '../../../src/worker/protocol';
import { counted } from '../../ui/format';
import { FoldedList } from './FoldedList';

/** Files that were left out, and why. File names come from the person, so they are rendered as plain text. */
export function LeftOutList({ leftOut }: { leftOut: LeftOut[] }) {
  return (
    <FoldedList
      label="Left out"
      lead={
        <>
          <strong>{counted(leftOut.length, 'file')} left out.</strong> All other files are used.
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
