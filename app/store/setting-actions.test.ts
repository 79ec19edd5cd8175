import { beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../src/core/user-error';
import { connectFake, type FakeEngine, ready, setting, settled } from './fake-engine';
import { chosenSettings, read, write } from './session';
import { choose, refreshSettings, setHyperparameters, turnLearningRate, turnOption } from './setting-actions';

let engines: FakeEngine[];
const engine = () => engines.at(-1) as FakeEngine; // a test asks for it only after the first call
const hyperparameters = () => read().configuration.hyperparameters;

beforeEach(() => {
  engines = connectFake({});
  ready();
});

/** From here on the test provides the engine's results. */
async function asked(): Promise<FakeEngine> {
  await refreshSettings();
  delete engine().answers.settings;
  return engine();
}

describe('the settings’ counts', () => {
  it('are those of the newest question, whichever answer comes last', async () => {
    const { of } = await asked().then((fake) => ({ of: () => fake.of('settings') }));
    const [older, newer] = [refreshSettings(), refreshSettings()];
    const [, first, second] = of();
    second?.resolve([setting('new')]);
    first?.resolve([setting('old')]);
    await Promise.all([older, newer]);
    expect(read().settings.map(({ id }) => id)).toEqual(['new']);
  });

  it('stay where they cannot be counted anew, with the reason', async () => {
    const fake = await asked();
    const failed = refreshSettings();
    fake.last('settings').reject(new UserError('No.'));
    await failed;
    expect(read().settings).toHaveLength(3);
    expect(read().settingsProblem).toEqual({ kind: 'user', message: 'No.' });
  });

  it('are asked for again when what they depend on is turned, and not otherwise', async () => {
    const fake = await asked();
    setHyperparameters({ epochs: 3 });
    turnLearningRate('atoms', 0.1);
    expect(fake.of('settings')).toHaveLength(1);
    setHyperparameters({ batchSize: 8 });
    turnOption('atoms', 'm', 6);
    await settled();
    expect(fake.of('settings').length).toBeGreaterThan(2);
    expect(fake.last('settings').input).toMatchObject({ batchSize: 8, options: { atoms: { m: 6 } } });
    expect(hyperparameters()).toMatchObject({ epochs: 3, learningRates: { atoms: 0.1 } });
  });

  it('leave other values of a setting alone when one is turned', async () => {
    await asked();
    turnOption('lora', 'r', 2);
    turnOption('lora', 'alpha', 8);
    expect(hyperparameters().options).toEqual({ lora: { r: 2, alpha: 8 } });
  });
});

describe('choosing settings', () => {
  it('begins with the first settings that fit into memory', () => {
    const tooLarge = setting('lora');
    tooLarge.memory = { ...tooLarge.memory, fits: false };
    write({ settings: [setting('linear-probe'), setting('svf'), tooLarge, setting('full')] });
    expect(chosenSettings(read()).map(({ id }) => id)).toEqual(['linear-probe', 'full']);
    choose('lora', true);
    expect(chosenSettings(read()).map(({ id }) => id)).toEqual(['linear-probe', 'lora', 'full']);
  });

  it('keeps the engine’s order and adds each once', () => {
    for (const id of ['linear-probe', 'atoms', 'lora']) choose(id, false);
    choose('lora', true);
    choose('atoms', true);
    choose('atoms', true);
    expect(chosenSettings(read()).map(({ id }) => id)).toEqual(['atoms', 'lora']);
    choose('lora', false);
    expect(read().configuration.settings).toEqual(['atoms']);
  });
});
