/** A warning before a sweep that takes hours, with changes after which it does not. */
import { Alert, Button } from '@mantine/core';
import { useMemo } from 'react';
import { longSweep, makeShorter } from '../../store/long-sweep';
import { read } from '../../store/session';
import { shorterChoices } from '../../store/shorter-choices';
import { useSweepSource, useTimeSource } from '../../store/sweep-actions';
import { roughDuration } from '../../ui/format';
import { Icon } from '../../ui/Icon';
import classes from './LongRunWarning.module.css';

export function LongRunWarning() {
  const source = useSweepSource();
  const times = useTimeSource();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the parts of the session that the estimate depends on
  const long = useMemo(() => longSweep(read()), [source, times]);
  const choices = useMemo(() => (long ? shorterChoices(long) : []), [long]);
  if (!long) return null;
  return (
    <Alert
      color="yellow"
      icon={<Icon of="warning" />}
      title={`This takes roughly ${roughDuration(long.seconds)} on this device`}
    >
      {choices.length === 0
        ? 'You can pause and stop it at any time.'
        : 'You can pause and stop it at any time. Each of these changes makes it shorter than an hour:'}
      {choices.length > 0 && (
        <ul className={classes.choices}>
          {choices.map((choice) => (
            <li key={choice.label}>
              <Button size="compact-sm" variant="default" onClick={() => void makeShorter(choice)}>
                {choice.label}
              </Button>
              <span className="numbers">roughly {roughDuration(choice.seconds)}</span>
            </li>
          ))}
        </ul>
      )}
    </Alert>
  );
}
