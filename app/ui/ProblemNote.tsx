/** An error, shown where it occurred: a message for the person, the device's error, or a bug with details to copy. */
import { Alert, Button, Code, CopyButton } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Problem } from '../store/problem';
import { Icon } from './Icon';
import classes from './ProblemNote.module.css';

interface Props {
  problem: Problem | null;
  title: string;
  /** A button for the next action, below the message. */
  action?: ReactNode;
  onDismiss?: () => void;
}

export function ProblemNote({ problem, title, action, onDismiss }: Props) {
  if (!problem) return null;
  const shared = {
    ...{ color: 'red', icon: <Icon of="error" /> },
    ...(onDismiss && { withCloseButton: true, closeButtonLabel: 'Dismiss', onClose: onDismiss }),
  };
  if (problem.kind === 'user') {
    return (
      <Alert {...shared} title={title}>
        {problem.message}
        {action && <div className={classes.action}>{action}</div>}
      </Alert>
    );
  }
  const report = `${problem.message}\n\n${problem.details}\n\n${navigator.userAgent}`;
  if (problem.kind !== 'bug') {
    return (
      <Alert {...shared} title={title}>
        {problem.message}
        {action && <div className={classes.action}>{action}</div>}
        <details className={classes.details}>
          <summary>Technical details</summary>
          <Report text={problem.details} report={report} />
        </details>
      </Alert>
    );
  }
  return (
    <Alert {...shared} title="This is a bug in atomtune">
      <p>{title}. You did nothing wrong. Please report the details below.</p>
      <Report text={report} report={report} />
      {action && <div className={classes.action}>{action}</div>}
    </Alert>
  );
}

function Report({ text, report }: { text: string; report: string }) {
  return (
    <>
      <Code block my="xs" mah={160} className={classes.report} tabIndex={0}>
        {text}
      </Code>
      <CopyButton value={report}>
        {({ copied, copy }) => (
          <Button
            size="xs"
            variant="default"
            leftSection={<Icon of={copied ? 'done' : 'copy'} />}
            onClick={copy}
          >
            {copied ? 'Copied' : 'Copy details'}
          </Button>
        )}
      </CopyButton>
    </>
  );
}
