/** What went wrong, in place: a sentence for the person, or a bug with its details to copy. */
import { Alert, Button, Code, CopyButton } from '@mantine/core';
import type { Problem } from '../store/problem';

interface Props {
  problem: Problem | null;
  title: string;
  onDismiss?: () => void;
}

export function ProblemNote({ problem, title, onDismiss }: Props) {
  if (!problem) return null;
  const dismiss = onDismiss ? { withCloseButton: true, closeButtonLabel: 'Dismiss', onClose: onDismiss } : {};
  if (problem.kind === 'user') {
    return (
      <Alert color="red" title={title} {...dismiss}>
        {problem.message}
      </Alert>
    );
  }
  const report = `${problem.message}\n\n${problem.details}\n\n${navigator.userAgent}`;
  return (
    <Alert color="red" title="This is a bug in atomtune" {...dismiss}>
      <p>{title}. Nothing you did is wrong. The details below help to mend it; please report them.</p>
      <Code block my="xs" mah={160} style={{ overflow: 'auto', whiteSpace: 'pre-wrap' }} tabIndex={0}>
        {report}
      </Code>
      <CopyButton value={report}>
        {({ copied, copy }) => (
          <Button size="xs" variant="default" onClick={copy}>
            {copied ? 'Copied' : 'Copy details'}
          </Button>
        )}
      </CopyButton>
    </Alert>
  );
}
