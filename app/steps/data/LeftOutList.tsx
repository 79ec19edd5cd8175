import type { LeftOut } from '../../../src/worker/protocol';
import { counted } from '../../ui/format';
import { FoldedList } from './FoldedList';

/** Each file that was not taken, and why. Names are the person's: shown as plain text. */
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
