/** Step 3: choose settings and hyperparameters, then run. */
import { Button } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useMemo, useState } from 'react';
import { useShallow } from 'zustand/react/shallow';
import { classSentence } from '../../store/data-words';
import { RECOMMENDED_SETTINGS } from '../../store/defaults';
import { recommend } from '../../store/recommendation';
import { chosenSettings, useSession } from '../../store/session';
import { sweepSize, useSweepSource } from '../../store/sweep-actions';
import { explained } from '../../ui/explained';
import { counted } from '../../ui/format';
import { ProblemNote } from '../../ui/ProblemNote';
import { Empty, StepPage } from '../../ui/StepPage';
import { Term } from '../../ui/Term';
import { LongRunWarning } from './LongRunWarning';
import { RunBar } from './RunBar';
import { SETTING_WORDS, SettingList } from './SettingList';
import { SettingPanel } from './SettingPanel';
import { SharedLine } from './SharedLine';
import classes from './TuneStep.module.css';

export function TuneStep() {
  const dataset = useSession((session) => session.dataset);
  const backbone = useSession((session) => session.backbone);
  const settings = useSession((session) => session.settings);
  const problem = useSession((session) => session.settingsProblem);
  const chosen = useSession(useShallow(chosenSettings));
  const source = useSweepSource();
  const size = useMemo(() => sweepSize(source), [source]);
  const [picked, setPicked] = useState<string | null>(null);
  const hasRoomBeside = useMediaQuery('(min-width: 1080px)') ?? true;

  const recommendation =
    dataset && recommend(settings, Math.min(...dataset.classes.map(({ train }) => train)));
  const recommended = [
    ...new Set([...(recommendation ? [recommendation.setting.id] : []), ...RECOMMENDED_SETTINGS]),
  ].slice(0, RECOMMENDED_SETTINGS.length);
  const focused =
    settings.find(({ id }) => id === picked) ??
    settings.find(({ fault }) => fault !== null) ??
    settings.find(({ id }) => id === recommended[0]);
  const advice = recommendation
    ? [`First choice: ${recommendation.setting.label}.`, recommendation.reason]
    : [];
  const [label, reason] = explained(advice, SETTING_WORDS);
  const panel = focused && <SettingPanel setting={focused} />;
  return (
    <StepPage
      title="Tune"
      lead={
        dataset && backbone ? (
          <>
            Choose what to train. All <Term of="setting">settings</Term> run on the same images. Figures are
            for the <Term of="backbone" /> {backbone.name} and{' '}
            {counted(dataset.classes.length, 'class', 'classes')}.
          </>
        ) : (
          <>
            A <Term of="setting" /> defines which parameters are trained. Choose one or more: they run on the
            same images, so that results can be compared.
          </>
        )
      }
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
          <p className={classes.found}>Images of all parts. {classSentence(dataset.classes)}</p>
          {recommendation && (
            <p className={classes.found}>
              <strong>{label}</strong> {reason}
            </p>
          )}
          <div className={classes.choice}>
            <SettingList
              settings={settings}
              chosen={chosen}
              recommended={recommended}
              advice={advice}
              focused={focused?.id ?? null}
              onFocus={setPicked}
              details={hasRoomBeside ? null : panel}
            />
            {hasRoomBeside && <aside className={classes.beside}>{panel}</aside>}
          </div>
          <SharedLine size={size} />
          <div className={classes.dock}>
            <LongRunWarning />
            <RunBar size={size} />
          </div>
        </>
      )}
    </StepPage>
  );
}
