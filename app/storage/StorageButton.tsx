/** Opens the dialog of what is stored. */
import { Button } from '@mantine/core';
import { write } from '../store/session';
import { Icon } from '../ui/Icon';

export function StorageButton({ onClick = () => write({ showsStorage: true }) }: { onClick?: () => void }) {
  return (
    <Button size="compact-sm" variant="default" leftSection={<Icon of="storage" />} onClick={onClick}>
      Storage
    </Button>
  );
}
