/** The setting in focus: its options, parameters and memory. Invalid options are reported and can be corrected here. */
import type { SettingSummary } from '../../../src/worker/protocol';
import { learningRateOf, PROBE_SETTING } from '../../store/defaults';
import { useSession } from '../../store/session';
import { turnLearningRate, turnOption } from '../../store/setting-actions';
import { BOUNDS } from '../../store/url';
import { count, counted } from '../../ui/format';
import { NumberField } from '../../ui/NumberField';
import { OptionField } from './OptionField';
import classes from './SettingPanel.module.css';

export function SettingPanel({ setting }: { setting: SettingSummary }) {
  const { id, label, options, fault, trainable, tunedLayers, paper, memory } = setting;
  const hyperparameters = useSession((session) => session.configuration.hyperparameters);
  return (
    <section className={classes.panel} aria-label={label}>
      <h3>{label}</h3>
      {fault ? (
        <p data-problem>{fault} Correct it to run this setting.</p>
      ) : (
        <p className="numbers">
          {count(trainable.backbone + trainable.head)} trainable parameters: {count(trainable.backbone)} in{' '}
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
        {options.map((option) => (
          <OptionField
            key={option.id}
            option={option}
            value={hyperparameters.options[id]?.[option.id] ?? option.default}
            onChange={(value) => turnOption(id, option.id, value)}
          />
        ))}
      </div>
      {!fault && (
        <p data-problem={!memory.fits || undefined}>
          {memory.sentence} {memory.fits && memory.heapSentence}
        </p>
      )}
      {paper !== '' && <p>The paper: {paper}</p>}
    </section>
  );
}
