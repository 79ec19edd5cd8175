/** All projects in this browser: open, make, rename, duplicate, delete with undo; and the way to all that is stored. */
import { Button, Menu, TextInput } from '@mantine/core';
import { type FormEvent, useCallback, useEffect, useRef, useState } from 'react';
import { projectBytes } from '../../src/files/project-folder';
import { NOTHING_STORED } from '../storage/actions';
import { StorageButton } from '../storage/StorageButton';
import { useSession } from '../store/session';
import { FileInput } from '../ui/FileInput';
import { bytes, counted } from '../ui/format';
import { Icon } from '../ui/Icon';
import { ProgressLine } from '../ui/ProgressLine';
import { useObjectUrl } from '../ui/use-object-url';
import {
  deleteProject,
  duplicateProject,
  newProject,
  openProject,
  openZipOf,
  renameProject,
  saveAsZip,
  undeleteProject,
} from './actions';
import { listProjects } from './opening';
import classes from './ProjectList.module.css';
import { ProjectProblem } from './ProjectProblem';
import type { ProjectHeader } from './schema';

const when = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

interface Listed {
  header: ProjectHeader;
  size: number;
}

const listed = async (): Promise<Listed[]> =>
  Promise.all(
    (await listProjects()).map(async (header) => ({ header, size: await projectBytes(header.id) })),
  );

interface Props {
  onDone: () => void;
  onStorage: () => void;
}

export function ProjectList({ onDone, onStorage }: Props) {
  const [projects, setProjects] = useState<Listed[] | null>(null);
  const [problem, setProblem] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const work = useSession((session) => session.projectWork);
  const refresh = useCallback(async () => {
    try {
      setProjects(await listed());
    } catch {
      setProblem(NOTHING_STORED);
    }
  }, []);
  useEffect(() => void refresh(), [refresh]);
  const and = (action: Promise<void>) => void action.then(refresh);
  if (problem !== '') return <p>{problem}</p>;
  if (!projects) return <p>Reading the list…</p>;
  return (
    <div className={classes.all}>
      <div className={classes.make}>
        <Button
          variant="default"
          onClick={() => {
            onDone();
            void newProject();
          }}
        >
          New project
        </Button>
        <Button variant="default" onClick={() => input.current?.click()}>
          Import a project
        </Button>
        <FileInput
          ref={input}
          label="Zip of a project"
          accept=".zip"
          isSingle
          onChoose={([zip]) => {
            onDone();
            if (zip) void openZipOf(zip);
          }}
        />
      </div>
      {projects.length === 0 ? (
        <p className={classes.none}>
          None yet. A project is made when you load images, and is saved as you work.
        </p>
      ) : (
        <ul className={classes.list} aria-label="Projects in this browser">
          {projects.map(({ header, size }) => (
            <ProjectRow key={header.id} header={header} size={size} and={and} onDone={onDone} />
          ))}
        </ul>
      )}
      <ProjectProblem />
      {work && <ProgressLine progress={work} name="Project" />}
      <div className={classes.room}>
        <p>
          Projects take {bytes(projects.reduce((sum, { size }) => sum + size, 0))} of this page’s storage.
        </p>
        <StorageButton onClick={onStorage} />
      </div>
    </div>
  );
}

interface RowProps {
  header: ProjectHeader;
  size: number;
  and: (action: Promise<void>) => void;
  onDone: () => void;
}

function ProjectRow({
  header: { id, name, images, runs, changedAt, deletedAt, thumbnail },
  size,
  and,
  onDone,
}: RowProps) {
  const isOpen = useSession(({ project }) => project?.id === id);
  const picture = useObjectUrl(thumbnail);
  const [renaming, setRenaming] = useState(false);
  const rename = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const next = new FormData(event.currentTarget).get('name');
    if (typeof next === 'string') and(renameProject(id, next));
    setRenaming(false);
  };
  if (deletedAt !== null)
    return (
      <li>
        <p className={classes.words}>“{name}” is deleted.</p>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Icon of="undo" />}
          onClick={() => and(undeleteProject(id))}
        >
          Undo
        </Button>
      </li>
    );
  return (
    <li aria-current={isOpen}>
      {picture ? <img src={picture} alt="" width={40} height={40} /> : <span className={classes.blank} />}
      {renaming ? (
        <form onSubmit={rename} className={classes.words}>
          <TextInput
            size="xs"
            name="name"
            aria-label="New name"
            defaultValue={name}
            maxLength={80}
            autoFocus
            rightSectionWidth={64}
            rightSection={
              <Button size="compact-xs" type="submit">
                Save
              </Button>
            }
          />
        </form>
      ) : (
        <div className={classes.words}>
          <p className={classes.name}>{name}</p>
          <p className={classes.facts}>
            {counted(images, 'image')}, {counted(runs.length, 'run')} · {bytes(size)} ·{' '}
            {when.format(changedAt)}
          </p>
        </div>
      )}
      {isOpen ? (
        <span className={classes.open}>open</span>
      ) : (
        <Button
          size="compact-sm"
          variant="default"
          aria-label={`Open ${name}`}
          onClick={() => {
            onDone();
            void openProject(id);
          }}
        >
          Open
        </Button>
      )}
      <Menu position="bottom-end" shadow="md">
        <Menu.Target>
          <Button size="compact-sm" variant="subtle" aria-label={`Actions of ${name}`}>
            <Icon of="more" />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Icon of="rename" />} onClick={() => setRenaming(true)}>
            Rename
          </Menu.Item>
          <Menu.Item leftSection={<Icon of="copy" />} onClick={() => and(duplicateProject(id))}>
            Duplicate
          </Menu.Item>
          <Menu.Item leftSection={<Icon of="download" />} onClick={() => and(saveAsZip(id))}>
            Export as zip
          </Menu.Item>
          <Menu.Item
            color="var(--error)"
            leftSection={<Icon of="remove" />}
            onClick={() => and(deleteProject(id))}
          >
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </li>
  );
}
