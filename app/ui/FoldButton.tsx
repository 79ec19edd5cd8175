import { Button, type ButtonProps } from '@mantine/core';
import { Icon } from './Icon';

interface Props extends Pick<ButtonProps, 'className' | 'ml' | 'children'> {
  opened: boolean;
  onToggle: () => void;
}

/** Unfolds and folds what follows it. */
export function FoldButton({ opened, onToggle, ...shared }: Props) {
  return (
    <Button
      size="compact-sm"
      variant="subtle"
      leftSection={<Icon of={opened ? 'unfolded' : 'folded'} />}
      aria-expanded={opened}
      onClick={onToggle}
      {...shared}
    />
  );
}
