/** What a first visit sees: what atoms are, and one click to watch them trained. */
import { Button } from '@mantine/core';
import { trySample } from '../../store/page-actions';
import { obstacleFor } from '../../store/permissions';
import { useSession } from '../../store/session';
import { counted, short } from '../../ui/format';
import { AtomsPicture } from './AtomsPicture';
import classes from './Hero.module.css';
import { FIRST_SAMPLE } from './samples';

export function Hero() {
  const obstacle = useSession(obstacleFor('importData'));
  const backbone = useSession((session) => session.backbone);
  const atoms = useSession((session) => session.settings.find(({ id }) => id === 'atoms'));
  return (
    <section className={classes.hero} aria-label="What this is">
      <div className={classes.words}>
        <h3>Move the atoms, keep the network</h3>
        <p>
          Every kernel of a convolutional network is a sum of a few small patterns, its atoms, each with a
          coefficient. The coefficients stay; only the atoms are trained.
          {backbone && atoms && atoms.trainable.backbone > 0 && (
            <>
              {' '}
              Here that is {counted(atoms.trainable.backbone, 'number')} instead of the backbone’s{' '}
              {short(backbone.parameters)}.
            </>
          )}
        </p>
        <div className={classes.action}>
          <Button size="md" disabled={obstacle !== null} onClick={() => void trySample(FIRST_SAMPLE)}>
            Try the sample
          </Button>
          <p>
            {obstacle ??
              'Counts shapes with three settings, side by side. Takes a minute or a few, in this tab.'}
          </p>
        </div>
      </div>
      <AtomsPicture />
    </section>
  );
}
