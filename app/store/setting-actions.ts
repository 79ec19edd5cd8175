/** The settings' cards: counted by the engine whenever the data, the backbone or an option changes. */
import { type Knobs, settingsQuestion } from './defaults';
import { ask } from './engine-actions';
import { asProblem } from './problem';
import { chosenSettings, read, write } from './session';

/** What a run's memory is planned by, beside its options. */
const PLANNED_BY: readonly (keyof Knobs)[] = ['batchSize', 'memoryCap', 'augmentation', 'views'];

let latest = 0;

/** The answer to the newest question wins. */
export async function refreshSettings(): Promise<void> {
  const mine = ++latest;
  try {
    const { configuration, dataset } = read();
    const settings = await ask('settings', settingsQuestion(configuration.knobs, dataset));
    if (mine === latest) write({ settings, settingsProblem: null });
  } catch (error) {
    if (mine === latest) write({ settingsProblem: asProblem(error) });
  }
}

export function turn(change: Partial<Knobs>): void {
  const { configuration } = read();
  write({ configuration: { ...configuration, knobs: { ...configuration.knobs, ...change } } });
  if (PLANNED_BY.some((knob) => knob in change)) void refreshSettings();
}

export function turnLearningRate(setting: string, learningRate: number): void {
  turn({ learningRates: { ...read().configuration.knobs.learningRates, [setting]: learningRate } });
}

export function turnOption(setting: string, option: string, value: number): void {
  const { options } = read().configuration.knobs;
  turn({ options: { ...options, [setting]: { ...options[setting], [option]: value } } });
  void refreshSettings();
}

export function choose(setting: string, chosen: boolean): void {
  const { configuration } = read();
  const others = chosenSettings(read())
    .map(({ id }) => id)
    .filter((id) => id !== setting);
  write({ configuration: { ...configuration, settings: chosen ? [...others, setting] : others } });
}
