/** The settings' cards. The engine counts parameters again whenever the data, the backbone or an option changes. */
import { type Hyperparameters, settingsQuestion } from './defaults';
import { ask } from './engine-actions';
import { asProblem } from './problem';
import { chosenSettings, read, write } from './session';

/** What the memory plan of a run depends on, besides its options. */
const PLANNED_BY: readonly (keyof Hyperparameters)[] = ['batchSize', 'memoryCap', 'augmentation', 'views'];

let latest = 0;

/** Only the response to the latest request is used. */
export async function refreshSettings(): Promise<void> {
  const mine = ++latest;
  try {
    const { configuration, dataset } = read();
    const settings = await ask('settings', settingsQuestion(configuration.hyperparameters, dataset));
    if (mine === latest) write({ settings, settingsProblem: null });
  } catch (error) {
    if (mine === latest) write({ settingsProblem: asProblem(error) });
  }
}

export function setHyperparameters(change: Partial<Hyperparameters>): void {
  const { configuration } = read();
  write({
    configuration: { ...configuration, hyperparameters: { ...configuration.hyperparameters, ...change } },
  });
  if (PLANNED_BY.some((hyperparameter) => hyperparameter in change)) void refreshSettings();
}

export function turnLearningRate(setting: string, learningRate: number): void {
  setHyperparameters({
    learningRates: { ...read().configuration.hyperparameters.learningRates, [setting]: learningRate },
  });
}

export function turnOption(setting: string, option: string, value: number): void {
  const { options } = read().configuration.hyperparameters;
  setHyperparameters({ options: { ...options, [setting]: { ...options[setting], [option]: value } } });
  void refreshSettings();
}

export function choose(setting: string, chosen: boolean): void {
  const { configuration } = read();
  const others = chosenSettings(read())
    .map(({ id }) => id)
    .filter((id) => id !== setting);
  write({ configuration: { ...configuration, settings: chosen ? [...others, setting] : others } });
}
