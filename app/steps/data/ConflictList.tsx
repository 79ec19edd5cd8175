import type { DatasetSummary } from '../../../src/worker/protocol';
import { conflictSentence } from '../../store/data-words';
import { FoldedList } from './FoldedList';

/** The pictures that are found in more than one class. Names are the person's: shown as plain text. */
export function ConflictList({ dataset }: { dataset: DatasetSummary }) {
  return (
    <FoldedList
      label="Contradicting labels"
      lead={
        <>
          <strong>Contradicting labels.</strong> {conflictSentence(dataset)}
        </>
      }
      items={dataset.duplicates.conflicts.map((paths) => paths.map((path) => <code key={path}>{path}</code>))}
    />
  );
}
