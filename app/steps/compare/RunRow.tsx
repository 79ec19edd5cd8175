/** One run in the queue: its state, progress and actions. */
import { Button, Modal, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { MemoryPlan } from '../../../src/worker/protocol';
import { RunKey } from '../../charts/Marker';
import { fitsPresent } from '../../store/permissions';
import { moveRun, pauseRun, removeRun, renameRun, resumeRun, stopRun } from '../../store/queue';
import { progressOf } from '../../store/run-progress';
import {
  accuracy,
  isActive,
  isOver,
  keptResult,
  type RunRecord,
  type RunStatus,
} from '../../store/run-record';
import { useSession } from '../../store/session';
import { percent } from '../../ui/format';
import { ProblemNote } from '../../ui/ProblemNote';
import { ProgressLine } from '../../ui/ProgressLine';
import classes from './RunRow.module.css';

const WORDS: Record<RunStatus, string> = {
  queued: 'waiting',
  running: 'running',
  paused: 'paused',
  stopping: 'stopping…',
  finished: 'finished',
  stopped: 'stopped',
  failed: 'failed',
};

const inParts = ({ batch, microBatch, gradientCheckpointing }: MemoryPlan) =>
  microBatch < batch || gradientCheckpointing;

function ending(run: RunRecord): string {
  const kept = keptResult(run);
  if (!kept || !run.model) return '';
  return `best epoch ${kept.epoch}, ${percent(accuracy(kept))}`;
}

interface Props {
  run: RunRecord;
  /** Whether it is the first of the queued runs. */
  isFirst: boolean;
  isLast: boolean;
}

export function RunRow({ run, isFirst, isLast }: Props) {
  const [renaming, setRenaming] = useState(false);
  const [removing, setRemoving] = useState(false);
  const active = isActive(run);
  const elsewhere = useSession((session) => run.status === 'queued' && !fitsPresent(run.basis, session));
  const losesWork = run.model !== null || active;

  const rename = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = new FormData(event.currentTarget).get('name');
    if (typeof name === 'string') renameRun(run.id, name);
    setRenaming(false);
  };
  return (
    <li className={classes.row} data-active={active || undefined}>
      <div className={classes.top}>
        <RunKey style={run.style} />
        {renaming ? (
          <form onSubmit={rename} className={classes.rename}>
            <TextInput
              size="xs"
              name="name"
              aria-label="New name"
              defaultValue={run.name}
              maxLength={60}
              data-autofocus
              autoFocus
              onKeyDown={(event) => {
                if (event.key === 'Escape') setRenaming(false);
              }}
            />
            <Button size="xs" type="submit">
              Save name
            </Button>
          </form>
        ) : (
          <h4>{run.name}</h4>
        )}
        <span className={classes.status} data-status={run.status}>
          {WORDS[run.status]}
        </span>
        <span className={`${classes.ending} numbers`}>{active ? '' : ending(run)}</span>
        <div className={classes.actions}>
          {run.status === 'queued' && (
            <>
              <Act verb="Move up" run={run} disabled={isFirst} onClick={() => moveRun(run, -1)} />
              <Act verb="Move down" run={run} disabled={isLast} onClick={() => moveRun(run, 1)} />
            </>
          )}
          {run.status === 'running' && <Act verb="Pause" run={run} onClick={() => void pauseRun(run)} />}
          {run.status === 'paused' && <Act verb="Resume" run={run} onClick={() => void resumeRun(run)} />}
          {active && (
            <Act
              verb="Stop"
              run={run}
              disabled={run.status === 'stopping'}
              onClick={() => void stopRun(run)}
            />
          )}
          {!renaming && <Act verb="Rename" run={run} onClick={() => setRenaming(true)} />}
          {/* A finished search run documents the chosen values, so it cannot be removed. */}
          {!(run.role === 'search' && isOver(run)) && (
            <Act verb="Remove" run={run} onClick={() => (losesWork ? setRemoving(true) : removeRun(run))} />
          )}
        </div>
      </div>
      {active && <ProgressLine progress={progressOf(run)} name={`Progress of ${run.name}`} />}
      {active && run.memory && inParts(run.memory) && (
        <p className={classes.message}>{run.memory.sentence}</p>
      )}
      {elsewhere && (
        <p className={classes.message}>
          Waits for its own data and backbone: {run.data}. Load them again to run it, or remove it.
        </p>
      )}
      <ProblemNote title={`${run.name} failed`} problem={run.problem} />
      {run.status === 'stopped' && run.message !== '' && <p className={classes.message}>{run.message}</p>}
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
    </li>
  );
}

interface ActProps {
  verb: string;
  run: RunRecord;
  disabled?: boolean;
  onClick: () => void;
}

function Act({ verb, run, disabled, onClick }: ActProps) {
  return (
    <Button
      size="compact-sm"
      variant="subtle"
      disabled={disabled}
      aria-label={`${verb} ${run.name}`}
      onClick={onClick}
    >
      {verb}
    </Button>
  );
}
