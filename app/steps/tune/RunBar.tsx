/** The button that starts the runs, with their number, memory and time. It stays in sight. */
import { Anchor, Button } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { isTrainingPending, obstacleFor, runObstacle } from '../../store/permissions';
import { asProblem } from '../../store/problem';
import { runChosen } from '../../store/queue';
import { chosenSettings, read, useSession } from '../../store/session';
import { goTo } from '../../store/step';
import {
  measureSweep,
  type SweepCost,
  type SweepSize,
  stopMeasuring,
  sweepCost,
  useSweepSource,
  useTimeSource,
} from '../../store/sweep-actions';
import { bytes, count, counted, duration, roughDuration } from '../../ui/format';
import { Icon } from '../../ui/Icon';
import { ProblemNote } from '../../ui/ProblemNote';
import { ProgressLine } from '../../ui/ProgressLine';
import { Term } from '../../ui/Term';
import classes from './RunBar.module.css';

export function RunBar({ size }: { size: SweepSize }) {
  const session = useSession();
  const chosen = chosenSettings(session);
  const pending = isTrainingPending(session);
  const reason = runObstacle(session) ?? size.obstacle;
  const run = () => {
    runChosen();
    goTo('compare');
  };
  return (
    <section className={classes.bar} aria-label="Run">
      <div className={classes.words}>
        <Cost size={size} />
        <p className={reason === null && !pending ? classes.hint : undefined}>
          {reason ??
            (pending ? (
              <>
                They start after the runs that are already on <Anchor href="#compare">Compare</Anchor>.
              </>
            ) : (
              'Runs start one after another, in this tab. You can pause and stop them.'
            ))}
        </p>
      </div>
      <Button size="md" leftSection={<Icon of="run" />} disabled={reason !== null} onClick={run}>
        Run {counted(chosen.length, 'setting')}
        {size.runs > chosen.length && `, ${counted(size.runs, 'run')}`}
      </Button>
    </section>
  );
}

/** The number of runs, memory and time of the sweep, shown before it starts. */
function Cost({ size: { runs, searches, obstacle } }: { size: SweepSize }) {
  const [cost, setCost] = useState<SweepCost | null>(null);
  const { configuration, dataset, settings, engine } = useSweepSource();
  const times = useTimeSource();
  const measuring = useSession((session) => session.measuring);
  const problem = useSession((session) => session.measuringProblem);
  const reason = useSession(obstacleFor('measure'));
  const [asked] = useDebouncedValue(configuration, 300);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the parts of the session that the cost depends on
  useEffect(() => {
    let wanted = true;
    setCost(null);
    if (dataset && engine.status === 'ready' && runs > 0)
      sweepCost(read()).then(
        (answer) => wanted && setCost(answer),
        (error) =>
          wanted &&
          setCost({
            seconds: null,
            isRough: false,
            bytes: null,
            obstacle: asProblem(error)?.message ?? null,
          }),
      );
    return () => {
      wanted = false;
    };
  }, [asked, dataset, settings, engine, times]);
  if (measuring) return <ProgressLine progress={measuring} name="Measuring time" onCancel={stopMeasuring} />;
  const known = asked === configuration ? cost : null;
  const refused = obstacle ?? known?.obstacle;
  return (
    <div className={classes.cost}>
      <p className="numbers" aria-live="polite">
        {count(runs)} <Term of="run">{runs === 1 ? 'run' : 'runs'}</Term>
        {searches > 0 && (
          <>
            , {count(searches)} of them <Term of="search run">search runs</Term>
          </>
        )}
        {known?.bytes && ` · at most ${bytes(roundedTo(known.bytes, 2))} of memory`}
        {known?.seconds != null &&
          ` · ${configuration.hyperparameters.patience > 0 ? 'at most ' : ''}${known.isRough ? `roughly ${roughDuration(known.seconds)}` : `about ${duration(roundedTo(known.seconds, 2))}`}, decomposition not counted`}
        {refused && <span data-problem> · {refused}</span>}
      </p>
      {(known?.seconds === null || known?.isRough) && !refused && runs > 0 && (
        <Button
          size="compact-sm"
          variant="default"
          disabled={reason !== null}
          onClick={() => void measureSweep()}
        >
          Measure time
        </Button>
      )}
      <ProblemNote problem={problem} title="The time could not be measured" />
    </div>
  );
}

/** Rounds estimates to the digits that are meaningful. */
const roundedTo = (value: number, digits: number) => Number(value.toPrecision(digits));
