/** Backbones stored in this browser, with a button to delete each. */
import { Button } from '@mantine/core';
import type { Storage } from '../../../src/worker/protocol';
import { deleteStored } from '../../store/backbone-actions';
import { bytes } from '../../ui/format';
import { Icon } from '../../ui/Icon';
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
      title="Stored in this browser"
      note={`${bytes(usage)} used of ${bytes(quota)} allowed by the browser. ${persisted ? 'The browser keeps these files until you delete them.' : 'The browser may delete these files when the disk is full. They can be downloaded again.'}`}
    >
      {stored.length === 0 ? (
        <p className={classes.none}>Nothing yet. Downloaded backbones are stored here and work offline.</p>
      ) : (
        <ul className={classes.list} aria-label="Stored backbones">
          {stored.map(({ id, label, bytes: size, total, kind, savedAt, precision, verified }) => (
            <li key={id}>
              <span className={classes.label}>{label}</span>
              <span className="numbers">
                {kind === 'partial'
                  ? `${bytes(size)}${total === null ? '' : ` of ${bytes(total)}`}, incomplete`
                  : bytes(size)}
                {precision === 'F16' && ', fp16'} · {day.format(savedAt)}
                {kind === 'whole' && (verified ? ' · hash verified' : ' · hash not verified')}
              </span>
              <Button
                size="compact-sm"
                variant="default"
                leftSection={<Icon of="remove" />}
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
