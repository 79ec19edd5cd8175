/** A setting's own number: a field with its bounds, or one of a few choices. */
import { NativeSelect } from '@mantine/core';
import { isWhole } from '../../../src/methods/option-fault';
import type { SettingOption } from '../../../src/worker/protocol';
import { NumberField } from '../../ui/NumberField';

interface Props {
  option: SettingOption;
  value: number;
  onChange: (value: number) => void;
}

export function OptionField({ option, value, onChange }: Props) {
  const { label, help, choices, min, max } = option;
  if (choices) {
    // A select shows only what is among its options: an impossible value must be seen, too, to be corrected.
    const strange = choices.some((choice) => choice.value === value)
      ? []
      : [{ value: String(value), label: `${value}: not possible` }];
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
