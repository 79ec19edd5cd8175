/** An option of a setting: a number field with bounds, or a select. */
import { NativeSelect } from '@mantine/core';
import type { ReactNode } from 'react';
import type { SettingOption } from '../../../src/core/setting';
import { isWhole } from '../../../src/methods/option-fault';
import { NumberField } from '../../ui/NumberField';

interface Props {
  option: SettingOption;
  /** The option's help, with explained words. */
  help: ReactNode;
  value: number;
  onChange: (value: number) => void;
}

export function OptionField({ option, help, value, onChange }: Props) {
  const { label, choices, min, max } = option;
  if (choices) {
    // A select shows only listed values, so an invalid value is added to the list. Otherwise it could not be seen and
    // corrected.
    const strange = choices.some((choice) => choice.value === value)
      ? []
      : [{ value: String(value), label: `${value}: invalid` }];
    return (
      <NativeSelect
        size="sm"
        label={label}
        description={help}
        inputWrapperOrder={['label', 'input', 'description']}
        value={value}
        onChange={(event) => onChange(Number(event.currentTarget.value))}
        error={strange.length > 0}
        data={[...strange, ...choices.map((choice) => ({ ...choice, value: String(choice.value) }))]}
      />
    );
  }
  return (
    <NumberField
      label={label}
      help={help}
      value={value}
      min={min}
      max={max}
      whole={isWhole(option)}
      onChange={onChange}
    />
  );
}
