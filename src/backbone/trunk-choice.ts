/**
 * Which network of a checkpoint is used where it holds several: weights beside their moving average, a student beside its teacher.
 * The order of preference is the table below; the person may choose another.
 */
import type { TrunkChoice } from '../core/backbone';
import { UserError } from '../core/user-error';
import { shortened, type WeightFile } from '../files/weight-file';

/** First row first; what no row names comes last, in the file's order. */
const PREFERRED: readonly { part: RegExp; because: string }[] = [
  {
    part: /(^|_)(ema|averaged|swa)(_|$)/i,
    because: 'averaged weights are those that training scripts evaluate',
  },
  { part: /^(teacher|.*_teacher|teacher_.*)$/i, because: 'the teacher is the network that DINO evaluates' },
  {
    part: /^(encoder_q|base_encoder|online(_.*)?)$/i,
    because: 'the other one only follows it in training',
  },
];

/**
 * @param found the file's networks, at least one
 * @param wanted the label of one of them
 * @throws UserError where no network has the wanted label
 */
export function chooseTrunk<Found extends { prefix: string }>(
  { fileName, keys }: Pick<WeightFile, 'fileName' | 'keys'>,
  found: readonly Found[],
  wanted: string | undefined,
): { weights: Found; trunk: TrunkChoice; notices: string[] } {
  const all = found.map(labelOf);
  const ranked = [...found].sort((a, b) => rankOf(a.prefix) - rankOf(b.prefix));
  const weights = wanted === undefined ? ranked[0] : found.find((each) => labelOf(each) === wanted);
  if (!weights)
    throw new UserError(
      `“${fileName}” has no ResNet-50 under ${quoted(wanted ?? '')}. Choose ${all.map(quoted).join(' or ')}.`,
    );
  const used = labelOf(weights);
  const trunk = { used, all };
  const others = all.filter((label) => label !== used).map(quoted);
  if (others.length === 0) {
    const key = keys.find((each) => weights.prefix.startsWith(`${each}.`));
    return {
      weights,
      trunk,
      notices: key === undefined ? [] : [`The weights under “${shortened(key)}” are used.`],
    };
  }
  const rule = PREFERRED[rankOf(weights.prefix)]?.because ?? 'the first in the file';
  const because = wanted === undefined ? rule : 'as chosen';
  return {
    weights,
    trunk,
    notices: [
      `The file holds ${all.length} networks. Used: ${quoted(used)} (${because}). Not used: ${others.join(', ')}.`,
    ],
  };
}

const labelOf = ({ prefix }: { prefix: string }): string => prefix.replace(/[./]$/, '');

/** A network's label for a message. */
const quoted = (label: string): string =>
  label === '' ? 'the names without a prefix' : `“${shortened(label)}”`;

function rankOf(prefix: string): number {
  const parts = prefix.split(/[./]/).filter((part) => part !== '');
  const row = PREFERRED.findIndex(({ part }) => parts.some((each) => part.test(each)));
  return row < 0 ? PREFERRED.length : row;
}
