/** Reruns a results file with the current images and backbone, and compares the numbers. */
import { Button, FileButton } from '@mantine/core';
import { memo, useState } from 'react';
import { verdict } from '../../report/rerun';
import { runResults } from '../../report/results';
import { stopImport } from '../../store/data-actions';
import type { Problem } from '../../store/problem';
import { runAgain } from '../../store/rerun-actions';
import { isOver, type RunRecord } from '../../store/run-record';
import { useSession } from '../../store/session';
import { Icon } from '../../ui/Icon';
import { ProblemNote } from '../../ui/ProblemNote';
import { ProgressLine } from '../../ui/ProgressLine';
import { Term } from '../../ui/Term';
import classes from './Report.module.css';

export function RunAgain() {
  const ready = useSession(
    ({ dataset, backbone, engine }) => dataset !== null && backbone !== null && engine.status === 'ready',
  );
  const runs = useSession((session) => session.runs);
  const importing = useSession((session) => session.importing);
  const [taking, setTaking] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  if (!ready) return null;
  const repeated = runs.filter(({ before }) => before !== null);
  const take = async (file: File | null) => {
    if (!file) return;
    setTaking(true);
    setProblem(await runAgain(file));
    setTaking(false);
  };
  return (
    <section aria-label="Rerun">
      <div className={classes.line}>
        <p>
          <strong>Rerun.</strong> Runs the finished runs of a results file (“JSON, for a rerun” of Save a
          report) again and compares the numbers. This needs the same images, split, backbone and{' '}
          <Term of="backend" />. Corrections of labels in the file are applied.
        </p>
        <FileButton accept="application/json,.json" onChange={(file) => void take(file)}>
          {(props) => (
            <Button size="xs" variant="default" loading={taking} leftSection={<Icon of="file" />} {...props}>
              Choose a results file
            </Button>
          )}
        </FileButton>
        {taking && importing && (
          <ProgressLine progress={importing} name="Reading the images" onCancel={stopImport} />
        )}
        {repeated.length > 0 && (
          <ul className={classes.verdicts} aria-label="Results of the rerun" aria-live="polite">
            {repeated.map((run) => (
              <Repeated key={run.id} run={run} />
            ))}
          </ul>
        )}
      </div>
      <ProblemNote
        problem={problem}
        title="The results file cannot be rerun here"
        onDismiss={() => setProblem(null)}
      />
    </section>
  );
}

/** Memoized: compares again only when the run has changed. */
const Repeated = memo(function Repeated({ run }: { run: RunRecord }) {
  if (!run.before) return null;
  if (!isOver(run)) return <li>{run.name}: not finished yet.</li>;
  const { same, sentence } = verdict(run.before, runResults(run, null));
  return (
    <li data-differs={!same || undefined}>
      {run.name}: {sentence}
    </li>
  );
});
