/** Corrected labels: those that are applied, each of which can be undone, and those that are marked but not applied yet. */
import { Button } from '@mantine/core';
import type { DatasetSummary } from '../../../src/core/dataset';
import { applyCorrections, undoCorrections } from '../../store/data-actions';
import { useSession, write } from '../../store/session';
import { counted } from '../../ui/format';
import { Icon } from '../../ui/Icon';
import classes from './Corrections.module.css';
import { FoldedList } from './FoldedList';

interface Props {
  dataset: DatasetSummary;
  /** Why the data cannot be changed now; null if it can. */
  reason: string | null;
}

/** The page is replaced while the images are read, and with it the button that had the focus. */
async function thenFocusTitle(change: Promise<boolean>): Promise<void> {
  await change;
  document.getElementById('step-title')?.focus({ preventScroll: true });
}

export function AppliedCorrections({ dataset: { reading }, reason }: Props) {
  const corrections = reading.corrections ?? [];
  return (
    <FoldedList
      label="Corrected labels"
      lead={
        <>
          <strong>Corrected labels.</strong> The files are not changed. A report that is saved on Compare
          lists the corrections, in results.json.
        </>
      }
      action={
        <Button
          size="compact-sm"
          variant="subtle"
          leftSection={<Icon of="undo" />}
          disabled={reason !== null}
          onClick={() => void thenFocusTitle(undoCorrections(corrections.map(({ path }) => path)))}
        >
          Undo all
        </Button>
      }
      items={corrections.map((correction) => (
        <>
          <code>{correction.path}</code>
          <span className={classes.change}>
            {correction.className === null ? 'removed' : `class ${correction.className}`}
            <Button
              size="compact-sm"
              variant="subtle"
              leftSection={<Icon of="undo" />}
              disabled={reason !== null}
              aria-label={`Undo the correction of ${correction.path}`}
              onClick={() => void thenFocusTitle(undoCorrections([correction.path]))}
            >
              Undo
            </Button>
          </span>
        </>
      ))}
    />
  );
}

export function PendingCorrections({ reason }: Pick<Props, 'reason'>) {
  const number = useSession(({ pendingCorrections }) => pendingCorrections.length);
  if (number === 0) return null;
  return (
    <section className={classes.pending} aria-label="Corrections to apply">
      <p>
        <strong>{counted(number, 'correction')} not applied yet.</strong>{' '}
        {reason ?? 'Applying reads the images again and splits them with the corrected labels.'}
      </p>
      <div>
        <Button variant="default" onClick={() => write({ pendingCorrections: [] })}>
          Discard
        </Button>
        <Button disabled={reason !== null} onClick={() => void thenFocusTitle(applyCorrections())}>
          Apply
        </Button>
      </div>
    </section>
  );
}
