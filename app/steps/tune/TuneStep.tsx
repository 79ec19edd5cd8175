/** Step 3: which settings, with which few numbers; then run. */
import { Anchor, Button } from '@mantine/core';
import { useMemo } from 'react';
import { classSentence } from '../../store/data-words';
import { isTrainingPending, runObstacle } from '../../store/permissions';
import { runChosen } from '../../store/queue';
import { chosenSettings, useSession } from '../../store/session';
import { choose } from '../../store/setting-actions';
import { goTo } from '../../store/step';
import { sweepSize, useSweepSource } from '../../store/sweep-actions';
import { counted } from '../../ui/format';
import { ProblemNote } from '../../ui/ProblemNote';
import { Block, Empty, StepPage } from '../../ui/StepPage';
import { KnobFields } from './KnobFields';
import { SettingCard } from './SettingCard';
import { SweepFields } from './SweepFields';
import classes from './TuneStep.module.css';

export function TuneStep() {
  const dataset = useSession((session) => session.dataset);
  const backbone = useSession((session) => session.backbone);
  const settings = useSession((session) => session.settings);
  const problem = useSession((session) => session.settingsProblem);
  const session = useSession();
  const chosen = chosenSettings(session);
  const pending = isTrainingPending(session);
  const source = useSweepSource();
  const size = useMemo(() => sweepSize(source), [source]);
  const reason = runObstacle(session) ?? size.obstacle;

  const run = () => {
    runChosen();
    goTo('compare');
  };
  return (
    <StepPage
      title="Tune"
      lead="A setting is a method of tuning: it defines which parameters are trained. Choose several to compare them: for each seed, all of them see the same images in the same order."
    >
      <ProblemNote problem={problem} title="The settings could not be counted" />
      {!dataset ? (
        <Empty title="First, some images">
          <p>
            The number of parameters that a setting trains depends on the number of classes, so the settings
            appear when there is data.
          </p>
          <Button component="a" href="#data">
            Go to Data
          </Button>
        </Empty>
      ) : (
        <>
          <p className={classes.found}>{classSentence(dataset.classes)}</p>
          <Block
            title="Settings"
            note={
              backbone
                ? `Counted for ${backbone.name} and ${counted(dataset.classes.length, 'class', 'classes')}.`
                : undefined
            }
          >
            <div className={classes.cards}>
              {settings.map((setting) => (
                <SettingCard
                  key={setting.id}
                  setting={setting}
                  chosen={chosen.includes(setting)}
                  onChoose={(on) => choose(setting.id, on)}
                />
              ))}
            </div>
          </Block>
          <KnobFields />
          <SweepFields size={size} />
          <div className={classes.run}>
            <Button size="lg" disabled={reason !== null} onClick={run}>
              Run {counted(chosen.length, 'setting')}
              {size.runs > chosen.length && `, ${counted(size.runs, 'run')}`}
            </Button>
            <p>
              {reason ??
                (pending ? (
                  <>
                    They wait for the runs before them on <Anchor href="#compare">Compare</Anchor>.
                  </>
                ) : (
                  'One after another, in this tab; you can watch, pause and stop them.'
                ))}
            </p>
          </div>
        </>
      )}
    </StepPage>
  );
}
