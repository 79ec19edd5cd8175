/** The settings and their options, without an engine. */
import type { SettingSummary } from '../src/core/setting';

export type KnownSetting = Pick<SettingSummary, 'id' | 'options'>;

/** @param stages number of stages of the backbone that are used; null for all */
export async function knownSettings(stages: number | null): Promise<KnownSetting[]> {
  // Imported only when needed: the methods bring TensorFlow.js, which takes a second to load.
  const [{ METHODS }, { FROM_STAGE }] = await Promise.all([
    import('../src/methods'),
    import('../src/methods/method'),
  ]);
  return METHODS.map(({ id, options }) => ({
    id,
    options: options.map((option) =>
      option === FROM_STAGE && stages !== null ? { ...option, max: stages } : option,
    ),
  }));
}
