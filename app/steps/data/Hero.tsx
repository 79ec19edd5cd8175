/** Introduction for the first visit: what atoms are, and a button that tries the sample. */
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
        <h3>Train the atoms, keep the network</h3>
        <p>
          Every kernel of a convolutional network is written as a sum of a few small patterns, called atoms,
          each multiplied by a coefficient. The coefficients stay frozen. Only the atoms are trained.
          {backbone && atoms && atoms.trainable.backbone > 0 && (
            <>
              {' '}
              For this backbone these are {counted(atoms.trainable.backbone, 'parameter')} instead of{' '}
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
              'Trains five settings to find faults in surfaces and compares them. Takes a few minutes without a GPU.'}
          </p>
        </div>
      </div>
      <AtomsPicture />
    </section>
  );
}
