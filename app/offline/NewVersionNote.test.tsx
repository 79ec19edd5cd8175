import { MantineProvider } from '@mantine/core';
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RUN_CONFIG } from '../report/result-fixtures';
import type { RunRecord } from '../store/run-record';
import { type Session, useSession, write } from '../store/session';
import { NewVersionNote } from './NewVersionNote';

let place: HTMLElement;
let root: Root;

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  write(useSession.getInitialState(), true);
  place = document.body.appendChild(document.createElement('div'));
  root = createRoot(place);
  act(() =>
    root.render(
      <MantineProvider>
        <NewVersionNote />
      </MantineProvider>,
    ),
  );
});
afterEach(() => {
  act(() => root.unmount());
  place.remove();
  vi.unstubAllGlobals();
});

const note = () => place.querySelector('[role="alert"]');
const button = () => [...place.querySelectorAll('button')].find(({ innerText }) => innerText !== '');
const change = (session: Partial<Session>) => act(() => write(session));

// The note reads nothing else of a run.
const running = { id: 'a', status: 'running', config: RUN_CONFIG } as unknown as RunRecord;

describe('the note of a new version', () => {
  it('is shown when there is one, until it is dismissed', () => {
    expect(note()).toBeNull();
    change({ newVersion: 'ready' });
    expect(note()?.textContent).toContain('A new version is ready');
    expect(button()?.disabled).toBe(false);
    act(() => place.querySelector<HTMLElement>('[aria-label="Dismiss"]')?.click());
    expect(note()).toBeNull();
  });

  it('offers no reload during a run and while changes are not saved', () => {
    change({ newVersion: 'ready', runs: [running] });
    expect(button()?.disabled).toBe(true);
    expect(note()?.textContent).toContain('when the run has ended');
    change({ runs: [{ ...running, status: 'finished' }], saving: { status: 'saving' } });
    expect(button()?.disabled).toBe(true);
    expect(note()?.textContent).toContain('when the project is saved');
    change({ saving: { status: 'saved' } });
    expect(button()?.disabled).toBe(false);
  });
});
