/** The class of one image: the person can mark another one, or that the image is removed. */
import { NativeSelect } from '@mantine/core';
import { correct } from '../../store/data-actions';
import { useSession } from '../../store/session';
import type { DataImage } from './data-images';

const REMOVE = 'remove';
/** A prefix, because a class can have any name. */
const optionOf = (name: string) => `class ${name}`;

export function LabelField({ image }: { image: DataImage }) {
  const classes = useSession(({ dataset }) => dataset?.classes);
  const pending = useSession(({ pendingCorrections }) =>
    pendingCorrections.find(({ path }) => path === image.path),
  );
  const className = pending ? pending.className : image.className;
  return (
    <NativeSelect
      label="Class"
      aria-label={`Class of ${image.path}`}
      description={pending ? `not applied yet; now ${image.className}` : undefined}
      inputWrapperOrder={['label', 'input', 'description']}
      value={className === null ? REMOVE : optionOf(className)}
      onChange={({ currentTarget: { value } }) =>
        correct([image], value === REMOVE ? null : value.slice(optionOf('').length))
      }
      data={[
        ...(classes ?? []).map(({ name }) => ({ value: optionOf(name), label: name })),
        { value: REMOVE, label: 'Remove the image' },
      ]}
    />
  );
}
