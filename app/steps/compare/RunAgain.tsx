/** A results file's runs once more, on the present images and backbone. */
import { Button, FileButton } from '@mantine/core';
import { useState } from 'react';
import type { Problem } from '../../store/problem';
import { runAgain } from '../../store/rerun-actions';
import { useSession } from '../../store/session';
import { ProblemNote } from '../../ui/ProblemNote';
import { Block } from '../../ui/StepPage';
import classes from './Report.module.css';

export function RunAgain() {
  const ready = useSession(
    ({ dataset, backbone, engine }) => dataset !== null && backbone !== null && engine.status === 'ready',
  );
  const [problem, setProblem] = useState<Problem | null>(null);
  if (!ready) return null;
  const take = async (file: File | null) => {
    if (file) setProblem(await runAgain(file));
  };
  return (
    <Block title="Run again">
      <div className={classes.line}>
        <p>
          The finished runs of a results file, with the same numbers to come out. It takes the same images,
          split, backbone and backend.
        </p>
        <FileButton accept="application/json,.json" onChange={(file) => void take(file)}>
          {(props) => (
            <Button size="xs" variant="default" {...props}>
              Choose a results file
            </Button>
          )}
        </FileButton>
      </div>
      <ProblemNote
        problem={problem}
        title="These runs cannot be made again here"
        onDismiss={() => setProblem(null)}
      />
    </Block>
  );
}
