/** Navigation of the five steps, always visible, with the state of each. */

import { imageCount } from '../store/data-words';
import { isActive, isOver } from '../store/run-record';
import { chosenSettings, type Session, usableModels, useSession } from '../store/session';
import { STEPS, type Step } from '../store/step';
import { counted } from './format';
import { Icon } from './Icon';
import classes from './Rail.module.css';

interface Sign {
  label: string;
  state: (session: Session) => string;
  done: (session: Session) => boolean;
}

const SIGNS: Record<Step, Sign> = {
  data: {
    label: 'Data',
    state: ({ dataset, importing }) => {
      if (importing) return 'importing';
      if (!dataset) return 'no images yet';
      return `${counted(imageCount(dataset.classes), 'image')} · ${counted(dataset.classes.length, 'class', 'classes')}`;
    },
    done: ({ dataset }) => dataset !== null,
  },
  backbone: {
    label: 'Backbone',
    state: ({ backbone, decomposing, loadingBackbone, engine }) => {
      if (loadingBackbone) return 'loading';
      if (!backbone) return engine.status === 'failed' ? 'not loaded' : 'loading';
      return decomposing ? 'decomposing' : `${backbone.inputSize} × ${backbone.inputSize} input`;
    },
    done: ({ backbone }) => backbone !== null,
  },
  tune: {
    label: 'Tune',
    state: (session) => {
      if (!session.dataset) return 'needs data';
      return `${counted(chosenSettings(session).length, 'setting')} chosen`;
    },
    done: ({ runs }) => runs.length > 0,
  },
  compare: {
    label: 'Compare',
    state: ({ runs }) => {
      if (runs.length === 0) return 'no runs yet';
      const over = runs.filter(isOver).length;
      const going = runs.find(isActive);
      if (going) return `${going.status}, ${over} of ${runs.length} done`;
      return `${counted(over, 'run')} done`;
    },
    done: ({ runs }) => runs.length > 0 && runs.every(isOver),
  },
  use: {
    label: 'Use',
    state: (session) => {
      const here = usableModels(session).length;
      return here === 0 ? 'no models yet' : counted(here, 'model');
    },
    done: (session) => usableModels(session).length > 0,
  },
};

export function Rail({ step }: { step: Step }) {
  const session = useSession();
  return (
    <nav className={classes.rail} aria-label="Steps">
      <ol>
        {STEPS.map((each, index) => {
          const { label, state, done } = SIGNS[each];
          return (
            <li key={each}>
              <a
                href={`#${each}`}
                aria-current={each === step ? 'step' : undefined}
                data-done={done(session)}
              >
                <span className={classes.number} aria-hidden="true">
                  {done(session) ? <Icon of="done" /> : index + 1}
                </span>
                <span className={classes.label}>{label}</span>
                <span className={classes.state}>{state(session)}</span>
              </a>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
