/** The setting in focus: its options, parameters and memory. Its row in the list says why it cannot run. */
import type { SettingSummary } from '../../../src/core/setting';
import { learningRateOf, PROBE_SETTING } from '../../store/defaults';
import { useSession } from '../../store/session';
import { turnLearningRate, turnOption } from '../../store/setting-actions';
import { BOUNDS } from '../../store/url';
import { explained } from '../../ui/explained';
import { count, counted } from '../../ui/format';
import type { Word } from '../../ui/glossary';
import { NumberField } from '../../ui/NumberField';
import { Term } from '../../ui/Term';
import { OptionField } from './OptionField';
import classes from './SettingPanel.module.css';

const PANEL_WORDS: readonly Word[] = ['m', 'stage', 'activations', 'micro-batch', 'gradient checkpointing'];

export function SettingPanel({ setting }: { setting: SettingSummary }) {
  const { id, label, options, fault, trainable, tunedLayers, paper, memory } = setting;
  const hyperparameters = useSession((session) => session.configuration.hyperparameters);
  const texts = [...options.map(({ help }) => help), memory.sentence, memory.heapSentence, paper];
  const words = explained(texts, PANEL_WORDS);
  const [needs, heap, published] = words.slice(options.length);
  return (
    <section className={classes.panel} aria-label={label}>
      <h3>{label}</h3>
      {!fault && (
        <p className="numbers">
          {count(trainable.backbone + trainable.head)} <Term of="trainable parameters" />:{' '}
          {count(trainable.backbone)} in{' '}
          {tunedLayers === 0 ? 'the frozen backbone' : counted(tunedLayers, 'layer')}, {count(trainable.head)}{' '}
          in the head.
        </p>
      )}
      <div className={classes.fields}>
        {id === PROBE_SETTING ? (
          <p>
            {hyperparameters.probe.epochs} epochs at learning rate {hyperparameters.probe.learningRate}, on
            features computed once.
          </p>
        ) : (
          <NumberField
            label="Learning rate"
            value={learningRateOf(setting, hyperparameters)}
            min={BOUNDS.learningRate[0]}
            max={BOUNDS.learningRate[1]}
            step={0.001}
            onChange={(value) => turnLearningRate(id, value)}
          />
        )}
        {options.map((option, index) => (
          <OptionField
            key={option.id}
            option={option}
            help={words[index]}
            value={hyperparameters.options[id]?.[option.id] ?? option.default}
            onChange={(value) => turnOption(id, option.id, value)}
          />
        ))}
      </div>
      {!fault && memory.fits && (
        <p>
          {needs} {heap}
        </p>
      )}
      {paper !== '' && <p>The paper: {published}</p>}
    </section>
  );
}
