/** The parts of a run's rows: its name, state, progress and actions. */
import { Badge, Button, Menu, Modal, Table, TagsInput, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { MemoryPlan } from '../../../src/core/run';
import { computedByWords } from '../../store/computed-by';
import { fitsPresent } from '../../store/permissions';
import {
  annotateRun,
  continueRun,
  moveRun,
  pauseRun,
  removeRun,
  renameRun,
  resumeRun,
  stopRun,
} from '../../store/queue';
import { progressOf } from '../../store/run-progress';
import { isActive, isOver, type RunRecord, type RunStatus } from '../../store/run-record';
import { useSession } from '../../store/session';
import { count } from '../../ui/format';
import { Icon, type IconName } from '../../ui/Icon';
import { ProblemNote } from '../../ui/ProblemNote';
import { ProgressLine } from '../../ui/ProgressLine';
import classes from './RunsTable.module.css';

const WORDS: Record<RunStatus, string> = {
  queued: 'waiting',
  running: 'running',
  paused: 'paused',
  stopping: 'stopping…',
  interrupted: 'interrupted',
  finished: 'finished',
  stopped: 'stopped',
  failed: 'failed',
};

/** `finished`; `waiting, no. 2` in the queue; for several runs their common state, or `running, 2 of 5 finished`. */
export function stateWords(own: readonly RunRecord[], runs: readonly RunRecord[]): string {
  const states = new Set(own.map(({ status }) => status));
  const [only] = states;
  if (!only || states.size > 1) {
    const finished = own.filter(({ status }) => status === 'finished').length;
    const active = own.find(isActive);
    return `${active ? `${WORDS[active.status]}, ` : ''}${count(finished)} of ${count(own.length)} finished`;
  }
  if (only !== 'queued' || own.length > 1) return WORDS[only];
  const place = runs.filter(({ status }) => status === 'queued').findIndex((run) => own.includes(run));
  return `${WORDS.queued}, no. ${count(place + 1)}`;
}

interface NameProps {
  run: RunRecord;
  renaming: boolean;
  onDone: () => void;
}

/** The name, which can be changed in place, with the person's note and tags. */
export function RunName({ run, renaming, onDone }: NameProps) {
  const rename = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = new FormData(event.currentTarget).get('name');
    if (typeof name === 'string') renameRun(run.id, name);
    onDone();
  };
  if (renaming)
    return (
      <form onSubmit={rename} className={classes.rename}>
        <TextInput
          size="xs"
          name="name"
          aria-label="New name"
          defaultValue={run.name}
          maxLength={60}
          autoFocus
          onKeyDown={(event) => {
            if (event.key === 'Escape') onDone();
          }}
        />
        <Button size="xs" type="submit">
          Save name
        </Button>
      </form>
    );
  return (
    <div>
      <span>{run.name}</span>
      {run.tags.length > 0 && (
        <span className={classes.tags}>
          {run.tags.map((tag) => (
            <Badge key={tag} variant="default">
              {tag}
            </Badge>
          ))}
        </span>
      )}
      {run.note !== '' && <p className={classes.note}>{run.note}</p>}
    </div>
  );
}

const inParts = ({ batch, microBatch, gradientCheckpointing }: MemoryPlan) =>
  microBatch < batch || gradientCheckpointing;

/** A further row with the progress of an active run, or why a run waits or failed; nothing if there is nothing to say. */
export function RunDetails({ run, columns }: { run: RunRecord; columns: number }) {
  const active = isActive(run);
  const elsewhere = useSession((session) => run.status === 'queued' && !fitsPresent(run.basis, session));
  const stopped = run.status === 'stopped' && run.message !== '';
  const interrupted = run.status === 'interrupted';
  if (!active && !elsewhere && !run.problem && !stopped && !interrupted) return null;
  return (
    <Table.Tr className={classes.details}>
      <Table.Td colSpan={columns}>
        {active && <ProgressLine progress={progressOf(run)} name={`Progress of ${run.name}`} />}
        {active && run.memory && inParts(run.memory) && <p>{run.memory.sentence}</p>}
        {elsewhere && (
          <p>Waits for its own data and backbone: {run.data}. Load them again to run it, or remove it.</p>
        )}
        {interrupted && <p>{interruptedWords(run)}</p>}
        <ProblemNote title={`${run.name} failed`} problem={run.problem} />
        {stopped && <p>{run.message}</p>}
      </Table.Td>
    </Table.Tr>
  );
}

/** Why the run did not go on by itself, and what its button does. */
function interruptedWords({ epochs, startedOn }: RunRecord): string {
  const done = epochs.at(-1)?.epoch ?? 0;
  const where = done > 0 ? `after epoch ${count(done)}` : 'before its first epoch ended';
  const on = startedOn ? ` It was computed by ${computedByWords({ ...startedOn, threads: null })}.` : '';
  return `Interrupted ${where}.${on} Continue goes on from there with the present backend.`;
}

interface ActionsProps {
  run: RunRecord;
  /** All runs, in order. */
  runs: readonly RunRecord[];
  onRename: () => void;
}

export function RunActions({ run, runs, onRename }: ActionsProps) {
  const [removing, setRemoving] = useState(false);
  const [annotating, setAnnotating] = useState(false);
  const active = isActive(run);
  const waiting = runs.filter(({ status }) => status === 'queued');
  const readOnly = useSession(({ project }) => project?.readOnly ?? false);
  const losesWork = run.model !== null || active;
  // A finished search run documents the chosen values, so it cannot be removed.
  const removable = !(run.role === 'search' && isOver(run));
  if (readOnly) return null;
  return (
    <div className={classes.buttons}>
      {run.status === 'running' && (
        <Act verb="Pause" icon="pause" run={run} onClick={() => void pauseRun(run)} />
      )}
      {run.status === 'paused' && (
        <Act verb="Resume" icon="run" run={run} onClick={() => void resumeRun(run)} />
      )}
      {run.status === 'interrupted' && (
        <Act verb="Continue" icon="run" run={run} onClick={() => continueRun(run)} />
      )}
      {active && (
        <Act
          verb="Stop"
          icon="stop"
          run={run}
          disabled={run.status === 'stopping'}
          onClick={() => void stopRun(run)}
        />
      )}
      <Menu position="bottom-end" withinPortal shadow="md">
        <Menu.Target>
          <Button size="compact-sm" variant="subtle" aria-label={`Actions of ${run.name}`}>
            <Icon of="more" />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Icon of="rename" />} onClick={onRename}>
            Rename
          </Menu.Item>
          <Menu.Item leftSection={<Icon of="tag" />} onClick={() => setAnnotating(true)}>
            Note and tags
          </Menu.Item>
          {run.status === 'queued' && (
            <>
              <Menu.Item
                leftSection={<Icon of="up" />}
                disabled={run === waiting[0]}
                onClick={() => moveRun(run, -1)}
              >
                Move up
              </Menu.Item>
              <Menu.Item
                leftSection={<Icon of="down" />}
                disabled={run === waiting.at(-1)}
                onClick={() => moveRun(run, 1)}
              >
                Move down
              </Menu.Item>
            </>
          )}
          {removable && (
            <Menu.Item
              color="var(--error)"
              leftSection={<Icon of="remove" />}
              onClick={() => (losesWork ? setRemoving(true) : removeRun(run))}
            >
              Remove
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <Annotation run={run} opened={annotating} onClose={() => setAnnotating(false)} />
      <Modal
        opened={removing}
        onClose={() => setRemoving(false)}
        title={`Remove ${run.name}?`}
        centered
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <p>
          {active
            ? 'The run ends now and nothing is kept. To keep its best epoch, stop it instead.'
            : 'Its results and its model are removed. Downloaded files are not affected.'}
        </p>
        <div className={classes.confirm}>
          <Button variant="default" onClick={() => setRemoving(false)}>
            Cancel
          </Button>
          <Button color="red.9" onClick={() => removeRun(run)}>
            Remove
          </Button>
        </div>
      </Modal>
    </div>
  );
}

function Annotation({ run, opened, onClose }: { run: RunRecord; opened: boolean; onClose: () => void }) {
  const [tags, setTags] = useState<string[]>([...run.tags]);
  const [note, setNote] = useState(run.note);
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={`Note and tags of ${run.name}`}
      centered
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          annotateRun(run.id, note, tags);
          onClose();
        }}
      >
        <Textarea
          label="Note"
          autosize
          minRows={2}
          maxLength={500}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
          data-autofocus
        />
        <TagsInput
          mt="sm"
          label="Tags"
          description="Enter ends a tag."
          maxTags={8}
          value={tags}
          onChange={setTags}
        />
        <div className={classes.confirm}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit">Save</Button>
        </div>
      </form>
    </Modal>
  );
}

interface ActProps {
  verb: string;
  icon: IconName;
  run: RunRecord;
  disabled?: boolean;
  onClick: () => void;
}

function Act({ verb, icon, run, disabled, onClick }: ActProps) {
  return (
    <Button
      size="compact-sm"
      variant="subtle"
      disabled={disabled}
      aria-label={`${verb} ${run.name}`}
      title={verb}
      onClick={onClick}
    >
      <Icon of={icon} />
    </Button>
  );
}
