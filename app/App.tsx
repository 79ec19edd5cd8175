/** The page: header, navigation of the five steps, the current step, and the engine panel. */
import { Alert, Button, VisuallyHidden } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useEffect, useRef } from 'react';
import classes from './App.module.css';
import { NewVersionNote } from './offline/NewVersionNote';
import { useLeaveWarning } from './project/leaving';
import { ProjectNotes } from './project/ProjectNotes';
import { BackboneStep } from './steps/backbone/BackboneStep';
import { CompareStep } from './steps/compare/CompareStep';
import { DataStep } from './steps/data/DataStep';
import { TuneStep } from './steps/tune/TuneStep';
import { UseStep } from './steps/use/UseStep';
import { StorageDialog } from './storage/StorageDialog';
import { restartEngine } from './store/page-actions';
import type { Problem } from './store/problem';
import { useSession, write } from './store/session';
import { type Step, useStep } from './store/step';
import { EnginePanel } from './ui/EnginePanel';
import { ErrorBoundary } from './ui/ErrorBoundary';
import { Footer } from './ui/Footer';
import { Header } from './ui/Header';
import { Icon } from './ui/Icon';
import { ProblemNote } from './ui/ProblemNote';
import { Rail } from './ui/Rail';
import { useTitle } from './ui/use-title';
import { WindowDrop } from './WindowDrop';

const PAGES: Record<Step, () => React.ReactNode> = {
  data: DataStep,
  backbone: BackboneStep,
  tune: TuneStep,
  compare: CompareStep,
  use: UseStep,
};

export function App() {
  const step = useStep();
  const Page = PAGES[step];
  const announcement = useSession((session) => session.announcement);
  const notice = useSession((session) => session.notice);
  const engineProblem = useSession(({ engine }) => (engine.status === 'failed' ? engine.problem : null));
  const wide = useMediaQuery('(min-width: 1100px)', undefined, { getInitialValueInEffect: false });
  useTitle(step);
  useFocusOnChange(step);
  useLeaveWarning();
  return (
    <div className={classes.page}>
      <button type="button" className="skip" onClick={focusTitle}>
        Skip to content
      </button>
      <Header />
      <div className={classes.columns}>
        <div className={classes.side}>
          <Rail step={step} />
          {wide && <EnginePanel open />}
        </div>
        <main className={classes.main}>
          {!wide && <EnginePanel />}
          {engineProblem && (
            <div className={classes.notice}>
              <ProblemNote
                problem={engineProblem}
                title={engineTitle(engineProblem)}
                action={
                  <Button size="xs" leftSection={<Icon of="restart" />} onClick={() => void restartEngine()}>
                    Restart the engine
                  </Button>
                }
              />
            </div>
          )}
          <NewVersionNote />
          <ProjectNotes />
          {notice !== '' && (
            <Alert
              color="yellow"
              icon={<Icon of="warning" />}
              mb="md"
              withCloseButton
              closeButtonLabel="Dismiss"
              onClose={() => write({ notice: '' })}
            >
              {notice}
            </Alert>
          )}
          <ErrorBoundary key={step}>
            <Page />
          </ErrorBoundary>
        </main>
      </div>
      <Footer />
      <StorageDialog />
      <WindowDrop />
      <VisuallyHidden role="status" aria-live="polite">
        {announcement}
      </VisuallyHidden>
    </div>
  );
}

function engineTitle({ kind }: Problem): string {
  switch (kind) {
    case 'out-of-memory':
      return 'Out of memory';
    case 'device-lost':
    case 'engine-ended':
    case 'gpu-error':
      return 'The engine stopped';
    default:
      return 'The engine could not start';
  }
}

function focusTitle(): void {
  document.getElementById('step-title')?.focus();
}

/** On a change of step, scrolls to the top and moves focus there. Does nothing when the page opens. */
function useFocusOnChange(step: Step): void {
  const before = useRef(step);
  useEffect(() => {
    if (before.current === step) return;
    before.current = step;
    window.scrollTo(0, 0);
    document.getElementById('step-title')?.focus({ preventScroll: true });
  }, [step]);
}
