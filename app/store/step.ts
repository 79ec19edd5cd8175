/** The five steps of the work, and which one the address names (`#tune`), so that the browser's back works. */
import { useSyncExternalStore } from 'react';

export const STEPS = ['data', 'backbone', 'tune', 'compare', 'use'] as const;
export type Step = (typeof STEPS)[number];

export const goTo = (step: Step) => {
  location.hash = step;
};

const isStep = (text: string): text is Step => STEPS.some((step) => step === text);

export function currentStep(): Step {
  const named = location.hash.slice(1);
  return isStep(named) ? named : 'data';
}

export function useStep(): Step {
  return useSyncExternalStore((changed) => {
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, currentStep);
}
