/** Step 3: choose settings and hyperparameters, then run. */
import { Anchor, Button } from '@mantine/core';
import { useMemo } from 'react';
import { classSentence } from '../../store/data-words';
import { isTrainingPending, runObstacle } from '../../store/permissions';
import { runChosen } from '../../store/queue';
import { recommend } from '../../store/recommendation';
import { chosenSettings, useSession } from '../../store/session';
import { choose } from '../../store/setting-actions';
import { goTo } from '../../store/step';
import { sweepSize, useSweepSource } from '../../store/sweep-actions';
import { counted } from '../../ui/format';
import { ProblemNote } from '../../ui/ProblemNote';
import { Block, Empty, StepPage } from '../../ui/StepPage';
import { HyperparameterFields } from './HyperparameterFields';
import { LongRunWarning } from './LongRunWarning';
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
  const recommended = dataset && recommend(settings, Math.min(...dataset.classes.map(({ train }) => train)));

  const run = () => {
    runChosen();
    goTo('compare');
  };
  return (
    <StepPage
      title="Tune"
      lead="A setting defines which parameters are trained. Choose one or more: they run on the same images, for each seed in the same order, so that results can be compared."
    >
      <ProblemNote problem={problem} title="The parameters of the settings could not be counted" />
      {!dataset ? (
        <Empty title="No images yet">
          <p>
            The number of trainable parameters depends on the number of classes. Load images to see the
            settings.
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
                ? `Parameters and memory for ${backbone.name} and ${counted(dataset.classes.length, 'class', 'classes')}.`
                : undefined
            }
          >
            {recommended && (
              <p className={classes.found}>
                <strong>Recommended: {recommended.setting.label}.</strong> {recommended.reason}
              </p>
            )}
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
          <HyperparameterFields />
          <SweepFields size={size} />
          <LongRunWarning />
          <div className={classes.run}>
            <Button size="lg" disabled={reason !== null} onClick={run}>
              Run {counted(chosen.length, 'setting')}
              {size.runs > chosen.length && `, ${counted(size.runs, 'run')}`}
            </Button>
            <p>
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
        </>
      )}
    </StepPage>
  );
}
