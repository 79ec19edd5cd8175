import { describe, expect, it } from 'vitest';
import { firstMentions } from './explained';
import type { Word } from './glossary';

/** What is explained, in order: `text` as `word`. */
const found = (texts: string[], words: Word[]) =>
  firstMentions(texts, words).map((pieces) =>
    pieces.flatMap(({ text, word }) => (word === null ? [] : [`${text} as ${word}`])),
  );

describe('the first mentions of words', () => {
  it('are found once over all texts, in the form that the sentence has', () => {
    const texts = ['Trains a change ΔD of each layer’s atoms.', 'Atoms and kernels. Each kernel’s ΔD.', ''];
    expect(found(texts, ['atoms', 'ΔD', 'kernel'])).toEqual([
      ['ΔD as ΔD', 'atoms as atoms'],
      ['kernels as kernel'],
      [],
    ]);
    expect(
      firstMentions(texts, ['atoms', 'ΔD']).map((pieces) => pieces.map(({ text }) => text).join('')),
    ).toEqual(texts);
  });

  it('are those of whole words, and of the longest word', () => {
    expect(found(['LoRA-XS, LoRA, ΔDc, Core atoms'], ['LoRA', 'ΔD', 'atoms', 'core atoms'])).toEqual([
      ['LoRA as LoRA', 'Core atoms as core atoms'],
    ]);
    expect(found(['ΔDc of two classes in micro-batches'], ['batch', 'class', 'coefficient atoms'])).toEqual([
      ['ΔDc as coefficient atoms', 'classes as class'],
    ]);
  });

  it('of symbols have exactly their letters', () => {
    expect(found(['0.11 M, 5 points (p = 0.002, m = 6)'], ['m', 'p-value'])).toEqual([
      ['p as p-value', 'm as m'],
    ]);
  });

  it('are none without words', () => {
    expect(firstMentions(['All atoms'], [])).toEqual([[{ text: 'All atoms', word: null }]]);
  });
});
