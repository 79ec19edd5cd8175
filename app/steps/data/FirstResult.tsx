/** What a comparison of settings shows, on the set of “Try the sample”: its images and the accuracy on test images. */
import { count, percent, range } from '../../ui/format';
import type { Word } from '../../ui/glossary';
import { LINKS } from '../../ui/links';
import { OutLink } from '../../ui/OutLink';
import { Term } from '../../ui/Term';
import classes from './FirstResult.module.css';
import result from './first-result.json';

const IMAGES = Object.entries(
  import.meta.glob<string>('./first-sample/*.png', { eager: true, query: '?url', import: 'default' }),
).map(([path, url]) => ({ name: path.replace(/^.*\/|\.png$/g, ''), url }));

const WORDS: Partial<Record<string, Word>> = {
  'linear-probe': 'linear probe',
  atoms: 'ΔD',
  'core-atoms': 'core atoms',
  lora: 'LoRA',
  full: 'full tuning',
};

/** The ends of the axis: the tenths around all intervals. */
const LOW = Math.floor(10 * Math.min(...result.settings.map(({ low }) => low))) / 10;
const HIGH = Math.ceil(10 * Math.max(...result.settings.map(({ high }) => high))) / 10;
const TICKS = Array.from({ length: Math.round(10 * (HIGH - LOW)) + 1 }, (_, index) => LOW + index / 10);
const at = (accuracy: number) => `${(100 * (accuracy - LOW)) / (HIGH - LOW)}%`;

export function FirstResult() {
  const { images, seeds, settings } = result;
  return (
    <figure className={classes.result}>
      <ul className={classes.images} aria-label="One image of each class">
        {IMAGES.map(({ name, url }) => (
          <li key={name}>
            <img src={url} alt="" width={96} height={96} />
            {name}
          </li>
        ))}
      </ul>
      <table className="numbers">
        <thead>
          <tr>
            <th scope="col">Setting</th>
            <th scope="col">
              Parameters trained in the <Term of="backbone" />
            </th>
            <th scope="col" colSpan={2}>
              Accuracy on <Term of="test images" />
            </th>
          </tr>
        </thead>
        <tbody>
          {settings.map(({ name, setting, trainable, accuracy, low, high }) => (
            <tr key={name}>
              <th scope="row">
                <Named setting={setting} name={name} />
              </th>
              <td>{count(trainable)}</td>
              <td className={classes.plot} aria-hidden="true">
                <span className={classes.axis}>
                  {TICKS.map((tick) => (
                    <i key={tick} style={{ left: at(tick) }} />
                  ))}
                  <b style={{ left: at(low), right: `calc(100% - ${at(high)})` }} />
                  <em style={{ left: at(accuracy) }} />
                </span>
              </td>
              <td>
                {percent(accuracy)} <span className={classes.interval}>{range({ low, high })}</span>
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot aria-hidden="true">
          <tr>
            <td colSpan={2} />
            <td className={classes.plot}>
              <span className={classes.ticks}>
                {TICKS.map((tick) => (
                  <span key={tick} style={{ left: at(tick) }}>
                    {percent(tick, 0)}
                  </span>
                ))}
              </span>
            </td>
            <td />
          </tr>
        </tfoot>
      </table>
      <figcaption>
        Mean of {seeds} runs with <Term of="95 % interval">95 % intervals</Term>: the starter, {images.train}{' '}
        training and {images.test} test images, learning rates from a search. We chose this set because tuning
        helps on it; <OutLink href={LINKS.coreAtoms}>our test on other sets</OutLink> says how far it helps
        elsewhere.
      </figcaption>
    </figure>
  );
}

function Named({ setting, name }: { setting: string; name: string }) {
  const word = WORDS[setting];
  return word ? <Term of={word}>{name}</Term> : name;
}
