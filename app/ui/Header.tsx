import { SegmentedControl, useMantineColorScheme, VisuallyHidden } from '@mantine/core';
import { ProjectBar } from '../project/ProjectBar';
import classes from './Header.module.css';
import { Icon } from './Icon';
import { LINKS } from './links';
import { Mark } from './Mark';
import { OutLink } from './OutLink';

const SCHEMES = [
  { value: 'auto', name: 'System' },
  { value: 'light', name: 'Light' },
  { value: 'dark', name: 'Dark' },
] as const;

export function Header() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <header className={classes.header}>
      <Mark />
      <div className={classes.words}>
        <h1>atomtune</h1>
        <p>Fine-tune a ResNet in this browser by training the atoms of its kernels.</p>
      </div>
      <p className={classes.private}>
        <Icon of="private" />
        Your files stay on this machine
      </p>
      <ProjectBar />
      <OutLink href={LINKS.help}>Help</OutLink>
      <SegmentedControl
        className={classes.scheme}
        size="xs"
        aria-label="Colours"
        value={colorScheme}
        onChange={setColorScheme}
        data={SCHEMES.map(({ value, name }) => ({
          value,
          label: (
            <span title={name}>
              <Icon of={value === 'auto' ? 'system' : value} />
              <VisuallyHidden component="span">{name}</VisuallyHidden>
            </span>
          ),
        }))}
      />
    </header>
  );
}
