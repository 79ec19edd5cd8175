/** Step 4: live charts and tables of the runs, on shared axes. */
import { Anchor, Button, NativeSelect, Switch } from '@mantine/core';
import { useState } from 'react';
import { trySample } from '../../store/page-actions';
import { obstacleFor } from '../../store/permissions';
import { holdQueue } from '../../store/queue';
import type { RunRecord } from '../../store/run-record';
import { comparisonBasis, useSession, write } from '../../store/session';
import { useComparison } from '../../store/use-comparison';
import { ProblemNote } from '../../ui/ProblemNote';
import { Block, Empty, StepPage } from '../../ui/StepPage';
import { FIRST_SAMPLE } from '../data/samples';
import classes from './CompareStep.module.css';
import { QueueActions } from './QueueActions';
import { ReportButton } from './ReportButton';
import { RunAgain } from './RunAgain';
import { RunCharts } from './RunCharts';
import { RunRow } from './RunRow';
import { RunTable } from './RunTable';
import { PairsTable, SettingsTable } from './SettingsTable';

export function CompareStep() {
  const runs = useSession((session) => session.runs);
  const dataset = useSession((session) => session.dataset);
  const backbone = useSession((session) => session.backbone);
  const problem = useSession((session) => session.runProblem);
  const sampleReason = useSession(obstacleFor('importData'));
  const held = useSession((session) => session.queueHeld);
  const [picked, setPicked] = useState<string | null>(null);

  // Only runs on the same images, split and backbone are compared.
  const waiting = runs.filter(({ status }) => status === 'queued');
  const groups = new Map(runs.map(({ basis, data }) => [basis, data]));
  const present = dataset && backbone ? comparisonBasis(dataset, backbone) : null;
  const group = [picked, present, [...groups.keys()].at(-1)].find((each) => each != null && groups.has(each));
  const compared = runs.filter(({ basis }) => basis === group);

  return (
    <StepPage
      title="Compare"
      lead="Runs are trained one after another on the same split. For each seed, all runs see the images in the same order."
      aside={
        runs.length > 0 && (
          <div className={classes.links}>
            <Anchor href="#tune">Add settings</Anchor>
            <Anchor href="#use">Use the models</Anchor>
          </div>
        )
      }
    >
      <ProblemNote
        problem={problem}
        title="The run could not be changed"
        onDismiss={() => write({ runProblem: null })}
      />
      {runs.length === 0 ? (
        <Empty title="No runs yet">
          <p>
            {dataset
              ? 'Choose settings on Tune and run them. Their curves appear here during training.'
              : 'Runs need images. Load your own on Data, or try the sample: five settings learn to find faults in surfaces.'}
          </p>
          {dataset ? (
            <Button component="a" href="#tune">
              Go to Tune
            </Button>
          ) : (
            <div className={classes.links}>
              <Button disabled={sampleReason !== null} onClick={() => void trySample(FIRST_SAMPLE)}>
                Try the sample
              </Button>
              <Button component="a" href="#data" variant="default">
                Go to Data
              </Button>
            </div>
          )}
        </Empty>
      ) : (
        <>
          <Block title="Runs">
            {(held || waiting.length > 0) && (
              <Switch
                label="Pause the queue"
                description="The current run continues. No further run starts."
                checked={held}
                onChange={(event) => holdQueue(event.currentTarget.checked)}
              />
            )}
            <QueueActions />
            <ul className={classes.runs} aria-label="Runs">
              {runs.map((run) => (
                <RunRow key={run.id} run={run} isFirst={run === waiting[0]} isLast={run === waiting.at(-1)} />
              ))}
            </ul>
          </Block>
          {groups.size > 1 && (
            <NativeSelect
              className={classes.group}
              label="Compare runs on"
              description="Only runs on the same images, split and backbone are compared. The others are kept."
              value={group ?? ''}
              data={[...groups].map(([value, label]) => ({ value, label }))}
              onChange={(event) => setPicked(event.currentTarget.value)}
            />
          )}
          <Results runs={compared} />
          <ReportButton runs={compared} />
        </>
      )}
      <RunAgain />
    </StepPage>
  );
}

function Results({ runs }: { runs: RunRecord[] }) {
  const comparison = useComparison(runs);
  const { arms, pairs } = comparison;
  // With one run per setting and no test images, the table of runs is sufficient.
  const summed = arms.some((arm) => arm.runs.length > 1 || arm.test || arm.validation.macroF1 !== null);
  return (
    <>
      <RunCharts runs={runs} comparison={comparison} />
      {summed && (
        <Block title="Settings compared" note="Runs that differ only in their seed count as one setting.">
          <SettingsTable comparison={comparison} />
        </Block>
      )}
      {pairs.length > 0 && (
        <Block title="Differences" note="Paired tests: is a difference more than chance?">
          <PairsTable comparison={comparison} />
        </Block>
      )}
      <Block title="Results" note={runs[0] ? `Data: ${runs[0].data}.` : undefined}>
        <RunTable runs={runs} />
      </Block>
    </>
  );
}
