/** Whether the chosen sweep takes hours, and shortening it. */
import { changeBackbone } from './backbone-actions';
import { imagesPerPart } from './data-words';
import { PROBE_SETTING } from './defaults';
import { announce, chosenSweep, read, type Session, write } from './session';
import { setHyperparameters } from './setting-actions';
import { LONG, type LongSweep, type ShorterChoice } from './shorter-choices';
import { sweepSeconds, turnSweep } from './sweep-actions';

/** The chosen sweep if it takes long; null if it does not, or if its time is unknown. */
export function longSweep(session: Session): LongSweep | null {
  const { dataset, backbone, engine, settings } = session;
  if (!dataset || !backbone || engine.status !== 'ready') return null;
  const seconds = sweepSeconds(session)?.seconds ?? 0;
  if (seconds < LONG) return null;
  return {
    asked: chosenSweep(session, dataset),
    probe: settings.find(({ id }) => id === PROBE_SETTING) ?? null,
    ...{ backbone, seconds, images: imagesPerPart(dataset.classes) },
  };
}

export async function makeShorter({ label, changes }: ShorterChoice): Promise<void> {
  for (const change of changes) {
    switch (change.kind) {
      case 'sweep':
        turnSweep(change.change);
        break;
      case 'hyperparameters':
        setHyperparameters(change.change);
        break;
      case 'settings':
        write({ configuration: { ...read().configuration, settings: change.settings } });
        break;
      case 'backbone':
        await changeBackbone({ ...read().backboneChoice, ...change.change });
        break;
    }
  }
  announce(`Changed: ${label}.`);
}
