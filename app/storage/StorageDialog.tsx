/** What the browser stores for this page, in one place: how much of it there is, what may be deleted, and whether the browser keeps it. */
import { Button, Modal } from '@mantine/core';
import { type ReactNode, useEffect, useState } from 'react';
import { askToPersist } from '../../src/hub/persist';
import { obstacleFor } from '../store/permissions';
import type { Problem } from '../store/problem';
import { useSession, write } from '../store/session';
import { bytes } from '../ui/format';
import { Icon } from '../ui/Icon';
import { ProblemNote } from '../ui/ProblemNote';
import { clearComputed, refreshUse, removeBackbone, removeProject } from './actions';
import type { StorageUse } from './measure';
import classes from './StorageDialog.module.css';

export function StorageDialog() {
  const opened = useSession((session) => session.showsStorage);
  return (
    <Modal
      opened={opened}
      onClose={() => write({ showsStorage: false })}
      title="Storage"
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Contents />
    </Modal>
  );
}

function Contents() {
  const use = useSession((session) => session.storageUse);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => void refreshUse().then(setProblem), []);
  if (problem && !use) return <p>{problem.kind === 'user' ? problem.message : null}</p>;
  if (!use) return <p>Measuring…</p>;
  const and = (work: Promise<Problem | null>) => void work.then(setProblem);
  return (
    <div className={classes.all}>
      <p>
        This page stores {bytes(use.used)} in this browser, of {bytes(use.allowed)} that the browser allows.
      </p>
      <Persistence isPersisted={use.isPersisted} />
      <ProblemNote problem={problem} title="It was not deleted" onDismiss={() => setProblem(null)} />
      <Projects projects={use.projects} and={and} />
      <Backbones backbones={use.backbones} and={and} />
      <Rest use={use} and={and} />
      <p className={classes.note}>
        Only you delete what is listed with a button. Temporary files go when their run or your visit ends,
        and projects that you deleted when the list of projects is closed.
      </p>
    </div>
  );
}

function Persistence({ isPersisted }: { isPersisted: boolean }) {
  const [refused, setRefused] = useState(false);
  if (isPersisted) return <p>The browser keeps all of it until you delete it.</p>;
  const request = async () => {
    setRefused(!(await askToPersist()));
    await refreshUse();
  };
  return (
    <div className={classes.persistence}>
      <p>
        When the disk is full, the browser may remove all of it, projects as well. If it agrees to keep it,
        only you delete it.
      </p>
      <Button size="compact-sm" variant="default" onClick={() => void request()}>
        Ask the browser to keep it
      </Button>
      <p role="status" className={classes.note}>
        {refused &&
          'The browser did not agree. Browsers agree more often when the page is installed, bookmarked or used often.'}
      </p>
    </div>
  );
}

type And = (work: Promise<Problem | null>) => void;

function Projects({ projects, and }: { projects: StorageUse['projects']; and: And }) {
  const open = useSession(({ project }) => project?.id);
  return (
    <Part title="Projects" size={sum(projects)}>
      {projects.length === 0 && <li className={classes.none}>None yet.</li>}
      {projects.map(({ id, name, bytes: size }) => (
        <Entry
          key={id}
          name={name ?? 'Files of no project'}
          facts={name === null ? `${bytes(size)}, perhaps of an import that was cut off` : bytes(size)}
          kept={id === open ? 'open' : null}
          loses={name === null ? '' : 'Its images, runs and models are lost.'}
          onDelete={() => and(removeProject(id))}
        />
      ))}
    </Part>
  );
}

function Backbones({ backbones, and }: { backbones: StorageUse['backbones']; and: And }) {
  const reason = useSession(obstacleFor('changeStorage'));
  return (
    <Part title="Backbones" size={sum(backbones)}>
      {backbones.length === 0 && (
        <li className={classes.none}>None yet. Downloaded backbones are stored here and work offline.</li>
      )}
      {backbones.map(({ id, bytes: size, stored }) => (
        <Entry
          key={id}
          name={stored?.label ?? id}
          facts={factsOf(size, stored)}
          kept={reason === null ? null : ''}
          loses="To use it again, download it or choose its file."
          onDelete={() => and(removeBackbone(id))}
        />
      ))}
      {reason !== null && backbones.length > 0 && <li className={classes.none}>{reason}</li>}
    </Part>
  );
}

const day = new Intl.DateTimeFormat('en', { dateStyle: 'medium' });

function factsOf(size: number, stored: StorageUse['backbones'][number]['stored']): string {
  if (!stored) return `${bytes(size)}, cannot be read`;
  const { kind, total, precision, savedAt, verified } = stored;
  const isPartial = kind === 'partial';
  const taken = isPartial
    ? `${bytes(size)}${total === null ? '' : ` of ${bytes(total)}`}, incomplete`
    : bytes(size);
  const hash = isPartial ? '' : ` · hash ${verified ? '' : 'not '}verified`;
  return `${taken}${precision === 'F16' ? ', fp16' : ''} · ${day.format(savedAt)}${hash}`;
}

function Rest({ use: { computed, page, temporary, other }, and }: { use: StorageUse; and: And }) {
  return (
    <Part title="Other" size={computed + page + temporary + other}>
      <Entry
        name="Computed values"
        facts={`${bytes(computed)} · atoms and bases of backbones, tile sizes of the GPU; computed again when needed`}
        kept={computed === 0 ? '' : null}
        verb="Clear"
        loses="They are computed again when needed, which takes time."
        onDelete={() => and(clearComputed())}
      />
      <Entry
        name="The page itself"
        facts={`${bytes(page)} · for use without a network; the browser removes it with the data of this site`}
      />
      {temporary > 0 && (
        <Entry
          name="Temporary files"
          facts={`${bytes(temporary)} · of runs that train, and zips that were exported on this visit`}
        />
      )}
      <Entry
        name="Records"
        facts={`${bytes(other)} · runs, choices and names of projects, and what the browser needs to store all of it`}
      />
    </Part>
  );
}

const sum = (list: readonly { bytes: number }[]) => list.reduce((total, each) => total + each.bytes, 0);

function Part({ title, size, children }: { title: string; size: number; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <div className={classes.head}>
        <h3>{title}</h3>
        <span className="numbers">{bytes(size)}</span>
      </div>
      <ul className={classes.list}>{children}</ul>
    </section>
  );
}

interface EntryProps {
  name: string;
  facts: string;
  /** Instead of the button: why it cannot be deleted now, or nothing. Null if it can be. */
  kept?: string | null;
  verb?: string;
  /** What is lost with it. */
  loses?: string;
  onDelete?: () => void;
}

/** Deletes after a second click. */
function Entry({ name, facts, kept = null, verb = 'Delete', loses, onDelete }: EntryProps) {
  const [asking, setAsking] = useState(false);
  if (asking && onDelete)
    return (
      <li>
        <p className={classes.words}>
          {verb} “{name}”? {loses}
        </p>
        <div className={classes.buttons}>
          <Button size="compact-sm" variant="default" autoFocus onClick={() => setAsking(false)}>
            Cancel
          </Button>
          <Button
            size="compact-sm"
            color="red.9"
            onClick={() => {
              setAsking(false);
              onDelete();
            }}
          >
            {verb}
          </Button>
        </div>
      </li>
    );
  return (
    <li>
      <div className={classes.words}>
        <p className={classes.name}>{name}</p>
        <p className={classes.facts}>{facts}</p>
      </div>
      {onDelete && kept === null && (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Icon of="remove" />}
          aria-label={`${verb} ${name}`}
          onClick={() => setAsking(true)}
        >
          {verb}
        </Button>
      )}
      {kept && <span className={classes.facts}>{kept}</span>}
    </li>
  );
}
