/** The settings as a compact list: what each trains, its costs, and when to take it. The rest is folded. */
import { Badge, Checkbox, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type ReactNode, useMemo } from 'react';
import type { SettingSummary } from '../../../src/core/setting';
import { read } from '../../store/session';
import { choose } from '../../store/setting-actions';
import { settingSeconds, useSweepSource, useTimeSource } from '../../store/sweep-actions';
import { explained } from '../../ui/explained';
import { FoldButton } from '../../ui/FoldButton';
import { bytes, count, counted, roughDuration } from '../../ui/format';
import { SETTING_NAMES, type Word } from '../../ui/glossary';
import { Icon } from '../../ui/Icon';
import classes from './SettingList.module.css';

/** What the descriptions of settings mention. */
export const SETTING_WORDS: readonly Word[] = [
  ...SETTING_NAMES,
  'head',
  'features',
  'atoms',
  'coefficients',
  'ΔD',
  'kernel',
  'channel',
  'rank',
  'adapter',
  'batch norm',
  'singular vectors',
  'decompose',
  'validation images',
  'test images',
];

interface Props {
  settings: readonly SettingSummary[];
  chosen: readonly SettingSummary[];
  /** Ids of the settings that are recommended. */
  recommended: readonly string[];
  /** The texts above the list, which explain the words that they mention. */
  advice: readonly string[];
  /** Id of the setting whose options are shown. */
  focused: string | null;
  onFocus: (id: string) => void;
  /** Shown below the focused setting, where there is no room beside the list. */
  details: ReactNode;
}

export function SettingList({ settings, chosen, recommended, advice, focused, onFocus, details }: Props) {
  const [unfolded, { toggle }] = useDisclosure(false);
  const source = useSweepSource();
  const times = useTimeSource();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the parts of the session that the estimates depend on
  const seconds = useMemo(
    () => new Map(settings.map((each) => [each.id, settingSeconds(read(), each)?.seconds] as const)),
    [settings, source, times],
  );
  const isFirst = (setting: SettingSummary) =>
    recommended.includes(setting.id) || chosen.includes(setting) || setting.fault !== null;
  const rest = settings.filter((setting) => !isFirst(setting));
  const shown = unfolded ? settings : settings.filter(isFirst);
  const texts = [...advice, ...shown.map((setting) => `${setting.description} ${setting.advice}`)];
  const words = explained(texts, SETTING_WORDS).slice(advice.length);
  return (
    <div className={classes.list}>
      <ul aria-label="Settings">
        {shown.map((setting, index) => (
          <li key={setting.id} data-focused={setting.id === focused || undefined}>
            <Row
              setting={setting}
              words={words[index]}
              seconds={seconds.get(setting.id) ?? null}
              chosen={chosen.includes(setting)}
              isRecommended={recommended.includes(setting.id)}
              isFocused={setting.id === focused}
              onFocus={() => onFocus(setting.id)}
            />
            {setting.id === focused && details}
          </li>
        ))}
      </ul>
      {rest.length > 0 && (
        <FoldButton opened={unfolded} onToggle={toggle} className={classes.more}>
          {unfolded ? 'Fewer settings' : `${counted(rest.length, 'more setting')}: ${namesOf(rest)}`}
        </FoldButton>
      )}
    </div>
  );
}

/** Some of the names, so that the folded settings can be found. */
const namesOf = (settings: readonly SettingSummary[]) =>
  settings.length > 3
    ? `${settings
        .slice(0, 3)
        .map(({ label }) => label)
        .join(', ')} …`
    : settings.map(({ label }) => label).join(', ');

interface RowProps {
  setting: SettingSummary;
  /** Its description and advice. */
  words: ReactNode;
  /** The time of a run; null if it is not known. */
  seconds: number | null;
  chosen: boolean;
  isRecommended: boolean;
  isFocused: boolean;
  onFocus: () => void;
}

function Row({ setting, words, seconds, chosen, isRecommended, isFocused, onFocus }: RowProps) {
  const { id, label, symbol, fault, trainable, adapterBytes, memory } = setting;
  return (
    <div className={classes.row}>
      <Checkbox
        aria-label={label}
        checked={chosen}
        onChange={(event) => {
          choose(id, event.currentTarget.checked);
          onFocus();
        }}
      />
      <div className={classes.words}>
        <UnstyledButton className={classes.name} aria-expanded={isFocused} onClick={onFocus}>
          {label}
          {symbol !== label && <span className={classes.symbol}>{symbol}</span>}
          {isRecommended && <Badge>recommended</Badge>}
        </UnstyledButton>
        <p>{words}</p>
        {fault && (
          <p data-problem>
            <Icon of="warning" /> {fault}
          </p>
        )}
        {!fault && !memory.fits && (
          <p data-problem>
            <Icon of="warning" /> {memory.sentence}
          </p>
        )}
      </div>
      <dl className={`${classes.costs} numbers`}>
        <div>
          <dt>trains</dt>
          <dd>{trainable.backbone === 0 ? 'head only' : count(trainable.backbone)}</dd>
        </div>
        <div>
          <dt>file</dt>
          <dd>≥ {bytes(adapterBytes)}</dd>
        </div>
        <div>
          <dt>memory</dt>
          <dd>{bytes(rounded(memory.bytes))}</dd>
        </div>
        <div>
          <dt>time</dt>
          <dd>{seconds === null ? '–' : roughDuration(seconds)}</dd>
        </div>
      </dl>
    </div>
  );
}

/** Two digits: a plan is not exact. */
const rounded = (value: number) => Number(value.toPrecision(2));
