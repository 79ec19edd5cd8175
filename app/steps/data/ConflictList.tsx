import type { DatasetSummary } from '../../../src/worker/protocol';
import { conflictSentence } from '../../store/data-words';
import { FoldedList } from './FoldedList';

/** Near-duplicates in more than one class. File names come from the person, so they are rendered as plain text. */
export function ConflictList({ dataset }: { dataset: DatasetSummary }) {
  return (
    <FoldedList
      label="Conflicting labels"
      lead={
        <>
          <strong>Conflicting labels.</strong> {conflictSentence(dataset)}
        </>
      }
      items={dataset.duplicates.conflicts.map((paths) => paths.map((path) => <code key={path}>{path}</code>))}
    />
  );
}
