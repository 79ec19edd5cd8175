import { Button } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import { useRef } from 'react';
import { loadAdapters } from '../../store/model-actions';
import { obstacleFor } from '../../store/permissions';
import { useSession } from '../../store/session';
import { FileInput } from '../../ui/FileInput';
import { Icon } from '../../ui/Icon';
import classes from './UseStep.module.css';

export function LoadAdapter() {
  const loading = useSession((session) => session.loadingAdapter);
  const obstacle = useSession(obstacleFor('read'));
  const notes = useSession((session) => session.adapterNotes);
  const input = useRef<HTMLInputElement>(null);
  return (
    <Dropzone
      className={classes.drop}
      disabled={obstacle !== null || loading}
      activateOnClick={false}
      activateOnKeyboard={false}
      enablePointerEvents
      onDrop={(files) => void loadAdapters(files)}
      inputProps={{ tabIndex: -1, 'aria-label': 'Dropped adapter' }}
      tabIndex={-1}
      role="group"
      aria-label="Drop an adapter"
    >
      <div className={classes.dropInner}>
        <Button
          variant="default"
          leftSection={<Icon of="file" />}
          loading={loading}
          disabled={obstacle !== null}
          onClick={() => input.current?.click()}
        >
          Load an adapter
        </Button>
        <p>{obstacle ?? 'or drop it here'}</p>
        <FileInput
          ref={input}
          label="Adapter file"
          accept=".safetensors"
          onChoose={(files) => void loadAdapters(files)}
        />
      </div>
      {notes.map((note) => (
        <p key={note} className={classes.note}>
          {note}
        </p>
      ))}
    </Dropzone>
  );
}
