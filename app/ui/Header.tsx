import { SegmentedControl, useMantineColorScheme } from '@mantine/core';
import classes from './Header.module.css';
import { LINKS } from './links';
import { Mark } from './Mark';
import { OutLink } from './OutLink';

export function Header() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <header className={classes.header}>
      <Mark />
      <div className={classes.words}>
        <h1>atomtune</h1>
        <p>Fine-tune a ResNet in this browser by training its filter atoms.</p>
      </div>
      <p className={classes.private}>
        <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
          <rect x="2" y="6" width="10" height="7" rx="1.5" fill="currentColor" />
          <path d="M4.2 6V4.2a2.8 2.8 0 0 1 5.6 0V6" fill="none" stroke="currentColor" strokeWidth="1.5" />
        </svg>
        Nothing leaves this machine
      </p>
      <OutLink href={LINKS.help}>Help</OutLink>
      <SegmentedControl
        className={classes.scheme}
        size="xs"
        aria-label="Colours"
        value={colorScheme}
        onChange={setColorScheme}
        data={[
          { value: 'auto', label: 'System' },
          { value: 'light', label: 'Light' },
          { value: 'dark', label: 'Dark' },
        ]}
      />
    </header>
  );
}
