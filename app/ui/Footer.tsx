/** The paper, the documents, the licence and the source. */
import classes from './Footer.module.css';
import { LINKS } from './links';
import { OutLink } from './OutLink';

export function Footer() {
  return (
    <footer className={classes.footer}>
      <p>
        Wei Chen, Zichen Miao, Qiang Qiu:{' '}
        <OutLink href={LINKS.paper}>Large Convolutional Model Tuning via Filter Subspace</OutLink>. ICLR 2025.
      </p>
      <ul>
        <li>
          <OutLink href={LINKS.help}>Help</OutLink>
        </li>
        <li>
          <OutLink href={LINKS.method}>The method</OutLink>
        </li>
        <li>
          <OutLink href={LINKS.licence}>Licence: Apache-2.0</OutLink>
        </li>
        {LINKS.source !== null && (
          <li>
            <OutLink href={LINKS.source}>Source code</OutLink>
          </li>
        )}
      </ul>
    </footer>
  );
}
