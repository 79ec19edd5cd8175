/** Introduction for the first visit: what atoms are, what one gets, a result, and a button that tries the sample. */
import { Button } from '@mantine/core';
import { trySample } from '../../store/page-actions';
import { obstacleFor } from '../../store/permissions';
import { useSession } from '../../store/session';
import { count, short } from '../../ui/format';
import { Icon } from '../../ui/Icon';
import { LINKS } from '../../ui/links';
import { OneOf } from '../../ui/OneOf';
import { OutLink } from '../../ui/OutLink';
import { Term } from '../../ui/Term';
import { AtomsPicture } from './AtomsPicture';
import { FirstResult } from './FirstResult';
import first from './first-result.json';
import classes from './Hero.module.css';
import { FIRST_SAMPLE } from './samples';

const ATOMS = first.settings.find(({ setting }) => setting === 'atoms');

export function Hero() {
  const obstacle = useSession(obstacleFor('importData'));
  return (
    <section className={classes.hero} aria-label="What this is">
      <div className={classes.words}>
        <h3>Train the atoms, keep the network</h3>
        <p>
          Teach a <Term of="pretrained network" /> your own classes, in this page. Only a change of its{' '}
          <Term of="atoms" />
          {ATOMS &&
            `, ${count(ATOMS.trainable)} numbers for a network of ${short(first.backboneParameters)} parameters,`}{' '}
          and a <Term of="head" /> for your classes are trained.
        </p>
        <ul className={classes.gains}>
          <li>A network for your classes, trained on your GPU or CPU.</li>
          <li>
            A fair comparison of <Term of="setting">settings</Term>, with{' '}
            <Term of="95 % interval">95 % intervals</Term> and paired tests.
          </li>
          <li>
            An <Term of="adapter" /> file of some tens of kilobytes, for this page and for your own programs.
          </li>
        </ul>
        <div className={classes.action}>
          <Button
            size="md"
            leftSection={<Icon of="run" />}
            disabled={obstacle !== null}
            onClick={() => void trySample(FIRST_SAMPLE)}
          >
            Try the sample
          </Button>
          <p>
            <OneOf first={obstacle}>
              Trains five of the settings in the table once each to find faults in surfaces, and compares them
              on 96 validation images. Takes a few minutes without a GPU.
            </OneOf>
          </p>
        </div>
      </div>
      <FirstResult />
      <div className={classes.method}>
        <AtomsPicture />
        <p>
          Every <Term of="kernel" /> of a layer is a sum of the same few atoms, each multiplied by a{' '}
          <Term of="coefficients">coefficient</Term>. The coefficients stay frozen. A change of the atoms,{' '}
          <Term of="ΔD" />, is trained. The method is that of Chen, Miao and Qiu,{' '}
          <OutLink href={LINKS.paper}>ICLR 2025</OutLink>;{' '}
          <OutLink href={LINKS.method}>its mathematics</OutLink> has a page of its own.
        </p>
      </div>
    </section>
  );
}
