/** Several values and seeds of the chosen settings. */
import { Collapse, MultiSelect, Switch, TagsInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMemo, useState } from 'react';
import type { SettingOption, SettingSummary } from '../../../src/core/setting';
import { isWhole } from '../../../src/methods/option-fault';
import { learningRateOf } from '../../store/defaults';
import { chosenSettings, useSession } from '../../store/session';
import { RATE, RATE_FACTORS } from '../../store/sweep';
import { findsChosenRates, turnSweep, turnValues, useSweepSource } from '../../store/sweep-actions';
import { BOUNDS, MOST_VALUES } from '../../store/url';
import { FoldButton } from '../../ui/FoldButton';
import { NumberField } from '../../ui/NumberField';
import { Block } from '../../ui/StepPage';
import classes from './TuneStep.module.css';

export function SweepFields() {
  const [opened, { toggle }] = useDisclosure(false);
  const source = useSweepSource();
  const { seeds, halving } = source.configuration.sweep;
  const chosen = chosenSettings(source);
  const findRates = useMemo(() => findsChosenRates(source), [source]);
  return (
    <Block
      title="Sweep"
      of="sweep"
      note="Several seeds show how much results vary by chance. A search gives every setting suitable values."
    >
      <div className={classes.hyperparameters}>
        <div className={classes.fields}>
          <NumberField
            label="Seeds"
            help="Runs per setting: with the training seed and the seeds after it."
            value={seeds}
            min={BOUNDS.seeds[0]}
            max={BOUNDS.seeds[1]}
            whole
            onChange={(value) => turnSweep({ seeds: value })}
          />
        </div>
        <Switch
          label="Find learning rates"
          description={`Tries ${list(RATE_FACTORS.map(String))} times the learning rate of each setting, with one seed for a third of the epochs, and uses the rate with the highest validation accuracy. Every combination under “Several values” gets the same number of search runs. On by default if several settings are compared, no learning rate was changed, and the search takes less than a third of all epochs, not counting the linear probe.`}
          checked={findRates}
          onChange={(event) => turnSweep({ findRates: event.currentTarget.checked })}
        />
        <FoldButton opened={opened} onToggle={toggle} ml="calc(-1 * var(--space-2))">
          Several values
        </FoldButton>
        <Collapse expanded={opened} keepMounted={false} className={classes.more}>
          {chosen.map((setting) => (
            <fieldset key={setting.id} className={classes.values}>
              <legend>{setting.label}</legend>
              <div className={classes.fields}>
                <RateValues setting={setting} />
                {setting.options.map((option) => (
                  <OptionValues key={option.id} setting={setting.id} option={option} />
                ))}
              </div>
            </fieldset>
          ))}
          <Switch
            mt="md"
            label="Successive halving"
            description="If a setting has several values: runs all of them for a quarter of the epochs and drops the worse half, then does the same with half of the epochs. The remaining values are trained in full, with every seed."
            checked={halving}
            onChange={(event) => turnSweep({ halving: event.currentTarget.checked })}
          />
        </Collapse>
      </div>
    </Block>
  );
}

function RateValues({ setting }: { setting: SettingSummary }) {
  const hyperparameters = useSession((session) => session.configuration.hyperparameters);
  return (
    <Values
      setting={setting.id}
      number={RATE}
      label="Learning rates"
      one={learningRateOf(setting, hyperparameters)}
      bounds={BOUNDS.learningRate}
    />
  );
}

function OptionValues({ setting, option }: { setting: string; option: SettingOption }) {
  const one = useSession(
    (session) => session.configuration.hyperparameters.options[setting]?.[option.id] ?? option.default,
  );
  const values = useSession((session) => session.configuration.sweep.values[setting]?.[option.id]);
  if (option.choices)
    return (
      <MultiSelect
        size="sm"
        label={option.label}
        placeholder={values?.length ? '' : option.choices.find(({ value }) => value === one)?.label}
        data={option.choices.map((choice) => ({ ...choice, value: String(choice.value) }))}
        value={(values ?? []).map(String)}
        onChange={(picked) => turnValues(setting, option.id, picked.map(Number))}
      />
    );
  return (
    <Values
      setting={setting}
      number={option.id}
      label={option.label}
      one={one}
      bounds={[option.min, option.max]}
      whole={isWhole(option)}
    />
  );
}

interface ValuesProps {
  setting: string;
  /** An option's id, or `RATE`. */
  number: string;
  label: string;
  /** The value that is used if the list is empty. */
  one: number;
  bounds: readonly [number, number];
  whole?: boolean;
}

/** An input for a list of numbers. Invalid or out-of-bounds values are reported and not added. */
function Values({ setting, number, label, one, bounds: [low, high], whole }: ValuesProps) {
  const values = useSession((session) => session.configuration.sweep.values[setting]?.[number]) ?? [];
  const [refused, setRefused] = useState('');
  const fits = (text: string) => {
    const value = Number(text);
    return text.trim() !== '' && value >= low && value <= high && (!whole || Number.isInteger(value));
  };
  /** The message for an invalid value. Invalid values can also come from the address or from a change to a smaller backbone. */
  const faultOf = (texts: readonly string[]) => {
    const wrong = texts.find((text) => !fits(text));
    return wrong === undefined
      ? ''
      : `“${wrong}” is not ${whole ? 'a whole number ' : ''}from ${low} to ${high}`;
  };
  const take = (typed: string[]) => {
    setRefused(faultOf(typed));
    turnValues(setting, number, [...new Set(typed.filter(fits).map(Number))]);
  };
  return (
    <TagsInput
      size="sm"
      label={label}
      placeholder={values.length > 0 ? '' : String(one)}
      value={values.map(String)}
      onChange={take}
      maxTags={MOST_VALUES}
      splitChars={[',', ' ', ';']}
      acceptValueOnBlur
      error={faultOf(values.map(String)) || refused || null}
    />
  );
}

const list = (words: string[]) => `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
