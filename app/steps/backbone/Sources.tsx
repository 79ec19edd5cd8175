/** The available backbones: the starter, those of the hub, and the person's own file. */
import { Button, Checkbox } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import { type ReactNode, useRef, useState } from 'react';
import { SOURCES, type Source } from '../../../src/hub/sources';
import type { BackboneSource, StoredBackbone } from '../../../src/worker/protocol';
import { changeBackbone } from '../../store/backbone-actions';
import { useSession } from '../../store/session';
import { bytes } from '../../ui/format';
import { namedFiles } from '../data/named-files';
import classes from './Sources.module.css';

/** Size of the hub's files where it is not given: all contain the same network in fp32. */
const USUAL_BYTES = 102e6;

/** `reason`: why no backbone can be chosen now. */
export function Sources({ reason }: { reason: string | null }) {
  const stored = useSession(({ storage }) => storage?.stored) ?? [];
  const present = useSession((session) => session.backboneChoice.source);
  const [halves, setHalves] = useState(false);
  const use = (source: BackboneSource) => void changeBackbone({ source, stages: null, inputSize: null });
  const own = stored.filter(({ id, kind }) => kind === 'whole' && !isHubs(id));
  return (
    <div className={classes.sources}>
      <ul className={classes.cards} aria-label="Backbones">
        <Card
          title="Starter"
          note="ResNet-50’s layout at quarter width, pretrained on small images. Part of the page, no download."
          facts="64 px"
          action="Use the starter"
          isPresent={present.kind === 'starter'}
          disabled={reason !== null}
          onUse={() => use({ kind: 'starter' })}
        />
        {SOURCES.filter(({ url }) => url !== null).map((row) => {
          const copy = stored.find(({ id }) => id === row.id);
          return (
            <Card
              key={row.id}
              title={row.label}
              note={<Cited row={row} />}
              facts={factsOf(row, copy)}
              action={actionOf(copy)}
              isPresent={'id' in present && present.id === row.id}
              disabled={reason !== null}
              onUse={() => use({ kind: 'hub', id: row.id, keepAs: halves ? 'F16' : 'original' })}
            />
          );
        })}
        {own.map(({ id, label, bytes: size }) => (
          <Card
            key={id}
            title={label}
            note="Your own file, stored in this browser."
            facts={bytes(size)}
            action="Use"
            isPresent={'id' in present && present.id === id}
            disabled={reason !== null}
            onUse={() => use({ kind: 'stored', id })}
          />
        ))}
      </ul>
      <Checkbox
        label="Store downloads in fp16 (half the size; weights are rounded to about three digits)"
        checked={halves}
        onChange={(event) => setHalves(event.currentTarget.checked)}
      />
      <OwnFile
        disabled={reason !== null}
        onFiles={(files) => use({ kind: 'files', files: namedFiles(files) })}
      />
      {reason && <p className={classes.reason}>{reason}</p>}
    </div>
  );
}

const isHubs = (id: string) => SOURCES.some((row) => row.id === id && row.url !== null);

function factsOf({ preprocessing }: Source, copy: StoredBackbone | undefined): string {
  const side = `${preprocessing.inputSize} px`;
  if (!copy) return `about ${bytes(USUAL_BYTES)} · ${side}`;
  if (copy.kind === 'partial') return `${bytes(copy.bytes)} downloaded so far · ${side}`;
  return `${bytes(copy.bytes)}${copy.precision === 'F16' ? ' in fp16' : ''}, stored here · ${side}`;
}

function actionOf(copy: StoredBackbone | undefined): string {
  if (!copy) return 'Download and use';
  return copy.kind === 'whole' ? 'Use' : 'Resume download and use';
}

function Cited({ row: { licence, citation } }: { row: Source }) {
  return (
    <>
      ImageNet, {licence}. <span className={classes.citation}>{citation}</span>
    </>
  );
}

interface CardProps {
  title: string;
  note: ReactNode;
  facts: string;
  action: string;
  isPresent: boolean;
  disabled: boolean;
  onUse: () => void;
}

function Card({ title, note, facts, action, isPresent, disabled, onUse }: CardProps) {
  return (
    <li data-present={isPresent || undefined}>
      <div>
        <h4>{title}</h4>
        <p>{note}</p>
      </div>
      <div className={classes.foot}>
        <span className="numbers">{facts}</span>
        {isPresent ? (
          <strong>In use</strong>
        ) : (
          <Button
            size="xs"
            variant="default"
            disabled={disabled}
            aria-label={`${action}: ${title}`}
            onClick={onUse}
          >
            {action}
          </Button>
        )}
      </div>
    </li>
  );
}

function OwnFile({ disabled, onFiles }: { disabled: boolean; onFiles: (files: File[]) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <Dropzone
      className={classes.drop}
      disabled={disabled}
      data-disabled={disabled || undefined}
      activateOnClick={false}
      activateOnKeyboard={false}
      enablePointerEvents
      onDrop={(files) => onFiles(files)}
      inputProps={{ tabIndex: -1, 'aria-label': 'Dropped weight file' }}
      tabIndex={-1}
      role="group"
      aria-label="Drop a weight file"
    >
      <div className={classes.inner}>
        <Button variant="default" disabled={disabled} onClick={() => input.current?.click()}>
          Choose a weight file
        </Button>
        <p>
          or drop it here: a ResNet-50 as safetensors, as a PyTorch state dict (.pth, .bin), or a
          TensorFlow.js model.json with its shards. Nothing leaves this machine.
        </p>
        <input
          ref={input}
          type="file"
          hidden
          multiple
          aria-label="Weight file"
          onChange={(event) => {
            const files = Array.from(event.currentTarget.files ?? []);
            event.currentTarget.value = '';
            if (files.length > 0) onFiles(files);
          }}
        />
      </div>
    </Dropzone>
  );
}
