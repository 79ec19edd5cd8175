/** Classes with their probabilities, the most probable first. */
import type { Guess } from '../../src/core/backbone';
import { percent } from './format';
import classes from './GuessList.module.css';

export function GuessList({ guesses }: { guesses: readonly Guess[] }) {
  return (
    <ol className={classes.list}>
      {guesses.map(({ name, probability }) => (
        <li key={name}>
          <span className={classes.name}>{name}</span>
          <span className="numbers">{percent(probability)}</span>
          <span className={classes.track} aria-hidden="true">
            <span style={{ width: `${100 * probability}%` }} />
          </span>
        </li>
      ))}
    </ol>
  );
}
