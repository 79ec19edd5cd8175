/** Step 4: what the comparison shows, the runs, and live charts on shared axes. */
import { Alert, Anchor, Button, Switch, UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import { answer } from '../../store/answer';
import { accuracySentences, testSentence, untestedRatesSentence } from '../../store/comparison-words';
import { trySample } from '../../store/page-actions';
import { obstacleFor } from '../../store/permissions';
import { holdQueue } from '../../store/queue';
import type { RunRecord } from '../../store/run-record';
import { comparisonBasis, useSession, write } from '../../store/session';
import { useComparison } from '../../store/use-comparison';
import { explained } from '../../ui/explained';
import { SETTING_NAMES, type Word } from '../../ui/glossary';
import { Icon } from '../../ui/Icon';
import { ProblemNote } from '../../ui/ProblemNote';
import { Empty, StepPage } from '../../ui/StepPage';
import { Term } from '../../ui/Term';
import { FIRST_SAMPLE } from '../data/samples';
import classes from './CompareStep.module.css';
import { PairsTable } from './PairsTable';
import { QueueActions } from './QueueActions';
import { ReportButton } from './ReportButton';
import { RunAgain } from './RunAgain';
import { RunCharts } from './RunCharts';
import { RunsTable } from './RunsTable';

export function CompareStep() {
  const runs = useSession((session) => session.runs);
  const dataset = useSession((session) => session.dataset);
  const backbone = useSession((session) => session.backbone);
  const problem = useSession((session) => session.runProblem);
  const sampleReason = useSession(obstacleFor('importData'));
  const [picked, setPicked] = useState<string | null>(null);

  // Only runs on the same images, split and backbone are compared.
  const groups = new Map(runs.map(({ basis, data }) => [basis, data]));
  const present = dataset && backbone ? comparisonBasis(dataset, backbone) : null;
  const open = [picked, present, [...groups.keys()].at(-1)].find((each) => each != null && groups.has(each));

  return (
    <StepPage
      title="Compare"
      lead={
        <>
          <Term of="run">Runs</Term> are trained one after another on the same <Term of="split" />. For each{' '}
          <Term of="seed" />, all runs see the images in the same order.
        </>
      }
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
              <Button
                leftSection={<Icon of="run" />}
                disabled={sampleReason !== null}
                onClick={() => void trySample(FIRST_SAMPLE)}
              >
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
          <SlowdownNote />
          <QueueSwitch runs={runs} />
          <QueueActions />
          {[...groups].map(([basis, data]) => (
            <Group
              key={basis}
              data={groups.size > 1 ? data : null}
              isOpen={basis === open}
              onOpen={() => setPicked(basis)}
              runs={runs.filter((run) => run.basis === basis)}
            />
          ))}
        </>
      )}
      <div className={classes.keep}>
        {open != null && <ReportButton runs={runs.filter(({ basis }) => basis === open)} />}
        <RunAgain />
      </div>
    </StepPage>
  );
}

/** What the browser did to the runs while nobody looked. */
function SlowdownNote() {
  const slowdown = useSession((session) => session.slowdown);
  if (slowdown === '') return null;
  return (
    <Alert
      color="yellow"
      icon={<Icon of="warning" />}
      withCloseButton
      closeButtonLabel="Dismiss"
      onClose={() => write({ slowdown: '' })}
    >
      {slowdown}
    </Alert>
  );
}

function QueueSwitch({ runs }: { runs: readonly RunRecord[] }) {
  const held = useSession((session) => session.queueHeld);
  if (!held && runs.every(({ status }) => status !== 'queued')) return null;
  return (
    <Switch
      label="Pause the queue"
      description="The current run continues. No further run starts."
      checked={held}
      onChange={(event) => holdQueue(event.currentTarget.checked)}
    />
  );
}

interface GroupProps {
  /** The label of the images and the backbone; null if all runs have the same. */
  data: string | null;
  isOpen: boolean;
  onOpen: () => void;
  runs: RunRecord[];
}

/** What the sentences about a comparison mention. */
const WORDS: readonly Word[] = [
  ...SETTING_NAMES,
  'atoms',
  'm',
  'test images',
  'validation images',
  'accuracy',
  'balanced accuracy',
  'macro-F1',
  'best epoch',
  '95 % interval',
  'p-value',
  'features',
  'head',
  'backbone',
  'trainable parameters',
  'adapter',
  'decompose',
  'learning rate',
];

/** What the columns of the table mean whose titles do not say it. */
const COLUMNS =
  'Trainable, backbone + head: trainable parameters in the backbone and in the head. Adapter: size of the adapter file. Points: percentage points, such as 2 from 80 % to 82 %.';

/** The runs on the same images, split and backbone. Of several groups, one is open. */
function Group({ data, isOpen, onOpen, runs }: GroupProps) {
  const comparison = useComparison(runs);
  const answerText = answer(comparison) ?? 'The answer appears here when the first run has finished.';
  const figures = accuracySentences(comparison);
  const rates = untestedRatesSentence(comparison);
  const texts = [answerText, ...figures, ...(figures.length > 0 ? [COLUMNS] : []), ...(rates ? [rates] : [])];
  const tests = comparison.pairs.length > 1 ? testSentence(comparison) : '';
  const [words, ...legend] = explained([...texts, tests], isOpen ? WORDS : []);
  const testWords = legend.pop();
  return (
    <section className={classes.results} aria-label={data ?? 'Results'}>
      {data !== null && (
        <h3 className={classes.data}>
          <UnstyledButton aria-expanded={isOpen} onClick={onOpen}>
            <Icon of={isOpen ? 'unfolded' : 'folded'} /> {data}
          </UnstyledButton>
        </h3>
      )}
      <p className={classes.answer} aria-live="polite">
        {words}
      </p>
      {isOpen && (
        <>
          {comparison.pairs.length > 1 && <PairsTable comparison={comparison} sentence={testWords} />}
          <RunsTable runs={runs} comparison={comparison} legend={legend} />
          <RunCharts runs={runs} comparison={comparison} />
        </>
      )}
    </section>
  );
}
