/** The five steps, and the current one in the address (`#tune`), so that the browser's back button works. */
import { useSyncExternalStore } from 'react';

export const STEPS = ['data', 'backbone', 'tune', 'compare', 'use'] as const;
export type Step = (typeof STEPS)[number];

export const goTo = (step: Step) => {
  location.hash = step;
};

const isStep = (text: string): text is Step => STEPS.some((step) => step === text);

export function currentStep(): Step {
  // On the page of states, the name of a state begins with its step: `#tune/ready`.
  const [named = ''] = location.hash.slice(1).split('/');
  return isStep(named) ? named : 'data';
}

export function useStep(): Step {
  return useSyncExternalStore((changed) => {
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, currentStep);
}
