import { VisuallyHidden } from '@mantine/core';
import type { ReactNode } from 'react';
import { Icon } from './Icon';

/** A link that opens in a new tab, because leaving the page would end its runs. */
export function OutLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a href={href} target="_blank" rel="noreferrer">
      {children}
      <Icon of="elsewhere" />
      <VisuallyHidden component="span"> (opens in a new tab)</VisuallyHidden>
    </a>
  );
}
