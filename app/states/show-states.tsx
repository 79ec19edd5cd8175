/** The page at `?states`: a list of all states, or at `#tune/ready` the page in that state, from recorded values and without an engine. */
import type { ReactNode } from 'react';
import { App } from '../App';
import { measureWith } from '../storage/actions';
import { connectTo, endEngine } from '../store/engine-actions';
import { FakeEngine } from '../store/fake-engine';
import { useSession, write } from '../store/session';
import { STATE_NAMES } from './names';
import { StateList } from './StateList';
import { STATES, STORAGE_USE, type State, usualAnswers } from './states';

export function showStates(show: (page: ReactNode) => void): void {
  const showNamed = async () => {
    const { hash } = location;
    if (hash === '') return show(<StateList />);
    const name = STATE_NAMES.find((each) => hash === `#${each}`);
    // Otherwise it is a link to another step, which the page itself follows.
    if (!name) return;
    show(null);
    await enter(STATES[name]);
    show(
      <div key={name} data-state={name}>
        <App />
      </div>,
    );
  };
  addEventListener('hashchange', () => void showNamed());
  void showNamed();
}

async function enter({ session, answers }: State): Promise<void> {
  // Calls of the last state end with their engine. Then the actions that made them note it in the session, which is replaced.
  endEngine();
  await new Promise((resolve) => setTimeout(resolve, 0));
  connectTo((onReport) => new FakeEngine(onReport, { ...usualAnswers(session), ...answers }));
  measureWith(async () => session.storageUse ?? STORAGE_USE);
  write({ ...useSession.getInitialState(), ...session }, true);
}
