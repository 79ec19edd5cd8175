/** The available backbones: the starter, those of the hub, and the person's own file. */
import { Badge, Button, Checkbox, FileButton } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import { type ReactNode, useRef, useState } from 'react';
import type { BackboneSource, StoredBackbone } from '../../../src/core/backbone';
import { SOURCES, type Source } from '../../../src/hub/sources';
import { STARTER_FILE } from '../../../src/hub/starter';
import { changeBackbone } from '../../store/backbone-actions';
import { useSession } from '../../store/session';
import { FileInput } from '../../ui/FileInput';
import { bytes } from '../../ui/format';
import { Icon } from '../../ui/Icon';
import { LINKS } from '../../ui/links';
import { OutLink } from '../../ui/OutLink';
import { namedFiles } from '../data/named-files';
import classes from './Sources.module.css';

const choose = (source: BackboneSource) => void changeBackbone({ source, stages: null, inputSize: null });
const chooseFiles = (files: File[]) => choose({ kind: 'files', files: namedFiles(files) });

/** Size of the hub's files where it is not given: all contain the same network in fp32. */
const USUAL_BYTES = 102e6;

interface SourcesProps {
  /** Why no backbone can be chosen now. */
  reason: string | null;
  /** Id of the recommended backbone. */
  recommended: string | null;
}

export function Sources({ reason, recommended }: SourcesProps) {
  const stored = useSession(({ storage }) => storage?.stored) ?? [];
  const present = useSession((session) => session.backboneChoice.source);
  const [halves, setHalves] = useState(false);
  const own = stored.filter(({ id, kind }) => kind === 'whole' && !isHubs(id));
  return (
    <div className={classes.sources}>
      <ul className={classes.cards} aria-label="Backbones">
        <Card
          title="Starter"
          purpose="To try the page at once, and for small or simple images."
          details={
            <>
              ResNet-50’s layout at quarter width, pretrained on CIFAR-10: 50,000 images of 32 × 32 pixels in
              ten classes. CIFAR-10 has no stated licence; cite A. Krizhevsky: Learning Multiple Layers of
              Features from Tiny Images. 2009. <OutLink href={LINKS.starter}>Model card</OutLink>
            </>
          }
          facts="Part of the page · CIFAR-10 · 64 px"
          action="Use the starter"
          isPresent={present.kind === 'starter'}
          isRecommended={recommended === STARTER_FILE.id}
          disabled={reason !== null}
          onUse={() => choose({ kind: 'starter' })}
        />
        {SOURCES.filter(({ url }) => url !== null).map((row) => {
          const copy = stored.find(({ id }) => id === row.id);
          return (
            <Card
              key={row.id}
              title={row.label}
              purpose={row.purpose}
              details={`Pretrained on ImageNet: 1.28 million images in 1,000 classes. Licence: ${row.licence}. Cite ${row.citation}.`}
              facts={factsOf(row, copy)}
              action={actionOf(copy)}
              downloads={copy?.kind !== 'whole'}
              isPresent={'id' in present && present.id === row.id}
              isRecommended={recommended === row.id}
              disabled={reason !== null}
              onUse={() => choose({ kind: 'hub', id: row.id, keepAs: halves ? 'F16' : 'original' })}
            />
          );
        })}
        {own.map(({ id, label, bytes: size }) => (
          <Card
            key={id}
            title={label}
            purpose={SOURCES.find((row) => row.id === id)?.purpose ?? 'Your own file.'}
            details={null}
            facts={`${bytes(size)}, stored here`}
            action="Use"
            isPresent={'id' in present && present.id === id}
            isRecommended={false}
            disabled={reason !== null}
            onUse={() => choose({ kind: 'stored', id })}
          />
        ))}
      </ul>
      <Checkbox
        label="Store downloads in fp16 (half the size; weights are rounded to about three digits)"
        checked={halves}
        onChange={(event) => setHalves(event.currentTarget.checked)}
      />
      <OwnFile disabled={reason !== null} onFiles={chooseFiles} />
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

interface CardProps {
  title: string;
  /** What it is good for. */
  purpose: string;
  /** What it was trained on, its licence and its citation; folded. */
  details: ReactNode;
  facts: string;
  action: string;
  /** Whether the action begins with a download. */
  downloads?: boolean;
  isPresent: boolean;
  isRecommended: boolean;
  disabled: boolean;
  onUse: () => void;
}

function Card({
  title,
  purpose,
  details,
  facts,
  action,
  downloads = false,
  isPresent,
  isRecommended,
  disabled,
  onUse,
}: CardProps) {
  // Labels of the hub end with the repository.
  const [, name = title, repository] = /^(.+) \((.+)\)$/.exec(title) ?? [];
  return (
    <li className={classes.card} data-present={isPresent || undefined}>
      <div>
        <h4>{name}</h4>
        {repository && <p className={classes.repository}>{repository}</p>}
        {isRecommended && <Badge>Recommended</Badge>}
        <p>{purpose}</p>
        <p className="numbers">{facts}</p>
      </div>
      <div className={classes.foot}>
        {isPresent ? (
          <strong className={classes.present}>
            <Icon of="done" /> In use
          </strong>
        ) : (
          <Button
            size="xs"
            leftSection={downloads && <Icon of="download" />}
            variant={isRecommended ? 'filled' : 'default'}
            disabled={disabled}
            aria-label={`${action}: ${title}`}
            onClick={onUse}
          >
            {action}
          </Button>
        )}
        {details && (
          <details>
            <summary>Training, licence and citation</summary>
            <p>{details}</p>
          </details>
        )}
      </div>
    </li>
  );
}

/** Ways out where a backbone could not be used: a file of the person's own, and the starter. */
export function OtherBackbones({ disabled }: { disabled: boolean }) {
  const isStarter = useSession((session) => session.backboneChoice.source.kind === 'starter');
  return (
    <div className={classes.others}>
      <FileButton multiple disabled={disabled} onChange={(files) => files.length > 0 && chooseFiles(files)}>
        {(props) => (
          <Button size="xs" variant="default" leftSection={<Icon of="file" />} disabled={disabled} {...props}>
            Choose a weight file instead
          </Button>
        )}
      </FileButton>
      {isStarter ? (
        <span>The starter stays in use.</span>
      ) : (
        <Button size="xs" variant="default" disabled={disabled} onClick={() => choose({ kind: 'starter' })}>
          Go on with the starter
        </Button>
      )}
    </div>
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
        <Button
          variant="default"
          leftSection={<Icon of="file" />}
          disabled={disabled}
          onClick={() => input.current?.click()}
        >
          Choose a weight file
        </Button>
        <p>
          or drop it here: a ResNet-50 as safetensors, as a PyTorch state dict (.pth, .bin), or a
          TensorFlow.js model.json with its shards. It stays on this machine.
        </p>
        <FileInput
          ref={input}
          label="Weight file"
          onChoose={(files) => {
            if (files.length > 0) onFiles(files);
          }}
        />
      </div>
    </Dropzone>
  );
}
