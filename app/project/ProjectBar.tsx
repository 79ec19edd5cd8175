/** In the header: the project's name, whether it is stored, and the way to all projects. */
import { Button, Modal } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useSession, write } from '../store/session';
import { Icon } from '../ui/Icon';
import { removeDeleted } from './actions';
import classes from './ProjectBar.module.css';
import { ProjectList } from './ProjectList';

const SAVING = { saved: 'Saved', saving: 'Saving…', failed: 'Not saved' } as const;

export function ProjectBar() {
  const project = useSession((session) => session.project);
  const saving = useSession((session) => session.saving);
  const [isOpen, { open, close }] = useDisclosure(false);
  const end = () => {
    close();
    void removeDeleted(0);
  };
  const toStorage = async () => {
    close();
    await removeDeleted(0);
    write({ showsStorage: true });
  };
  return (
    <div className={classes.bar}>
      {project && (
        <p className={classes.name}>
          <span title={project.name}>{project.name}</span>
          <span className={classes.state} data-state={project.readOnly ? 'read-only' : saving.status}>
            {project.readOnly ? 'Only reading' : SAVING[saving.status]}
          </span>
        </p>
      )}
      <Button size="compact-sm" variant="default" leftSection={<Icon of="folder" />} onClick={open}>
        Projects
      </Button>
      <Modal
        opened={isOpen}
        onClose={end}
        title="Projects"
        size="lg"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <ProjectList onDone={end} onStorage={() => void toStorage()} />
      </Modal>
    </div>
  );
}
