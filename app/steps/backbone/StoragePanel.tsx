/** What this browser keeps of backbones, and how to be rid of it. */
import { Button } from '@mantine/core';
import type { Storage } from '../../../src/worker/protocol';
import { deleteStored } from '../../store/backbone-actions';
import { bytes } from '../../ui/format';
import { Block } from '../../ui/StepPage';
import classes from './StoragePanel.module.css';

const day = new Intl.DateTimeFormat('en', { dateStyle: 'medium' });

export function StoragePanel({
  storage: { stored, usage, quota, persisted },
  disabled,
}: {
  storage: Storage;
  disabled: boolean;
}) {
  return (
    <Block
      title="Kept in this browser"
      note={`${bytes(usage)} of ${bytes(quota)} that the browser allows. ${persisted ? 'It has promised to keep them.' : 'It may clear them when the disk fills up; they can be downloaded again.'}`}
    >
      {stored.length === 0 ? (
        <p className={classes.none}>
          Nothing yet. A downloaded backbone is kept here and works offline afterwards.
        </p>
      ) : (
        <ul className={classes.list} aria-label="Kept backbones">
          {stored.map(({ id, label, bytes: size, total, kind, savedAt, precision, verified }) => (
            <li key={id}>
              <span className={classes.label}>{label}</span>
              <span className="numbers">
                {kind === 'partial'
                  ? `${bytes(size)}${total === null ? '' : ` of ${bytes(total)}`}, not whole yet`
                  : bytes(size)}
                {precision === 'F16' && ', half precision'} · {day.format(savedAt)}
                {kind === 'whole' && (verified ? ' · hash verified' : ' · nobody stated its hash')}
              </span>
              <Button
                size="compact-sm"
                variant="default"
                disabled={disabled}
                aria-label={`Delete ${label}`}
                onClick={() => void deleteStored(id)}
              >
                Delete
              </Button>
            </li>
          ))}
        </ul>
      )}
    </Block>
  );
}
