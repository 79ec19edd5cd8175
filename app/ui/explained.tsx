import { Fragment, type ReactNode } from 'react';
import { type Entry, GLOSSARY, type Word } from './glossary';
import { Term } from './Term';

/** A piece of a text; `word` if it is the first mention of that word. */
interface Piece {
  text: string;
  word: Word | null;
}

/**
 * The texts, which are shown one after another, with an explanation of each of the words where it is mentioned first. For texts that are
 * made elsewhere; in JSX, use `Term`. Of words that overlap, the longest is meant: “core atoms” does not mention atoms.
 */
export function explained(texts: readonly string[], words: readonly Word[]): ReactNode[] {
  return firstMentions(texts, words).map((pieces, text) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the texts and their pieces are in a fixed order
    <Fragment key={text}>
      {pieces.map((piece, index) =>
        piece.word === null ? (
          piece.text
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: as above
          <Term key={index} of={piece.word}>
            {piece.text}
          </Term>
        ),
      )}
    </Fragment>
  ));
}

/** Each text in pieces. Joined, the pieces are the text. */
export function firstMentions(texts: readonly string[], words: readonly Word[]): Piece[][] {
  const forms = words
    .flatMap((word) => formsOf(word).map((form) => ({ word, form })))
    .sort((a, b) => b.form.length - a.form.length);
  if (forms.length === 0) return texts.map((text) => [{ text, word: null }]);
  const pattern = new RegExp(
    `(?<![${INSIDE}])(?:${forms.map(({ form }) => `(${form})`).join('|')})(?![${INSIDE}])`,
    'gu',
  );
  const seen = new Set<Word>();
  return texts.map((text) => {
    const pieces: Piece[] = [];
    let end = 0;
    for (const match of text.matchAll(pattern)) {
      const word = forms[match.slice(1).findIndex((group) => group !== undefined)]?.word;
      if (!word || seen.has(word)) continue;
      seen.add(word);
      if (match.index > end) pieces.push({ text: text.slice(end, match.index), word: null });
      pieces.push({ text: match[0], word });
      end = match.index + match[0].length;
    }
    if (end < text.length) pieces.push({ text: text.slice(end), word: null });
    return pieces;
  });
}

/** Characters that a word may not touch: “LoRA-XS” is another setting than LoRA. */
const INSIDE = '\\p{L}\\p{N}-';

/** Patterns of the forms in which a sentence may have the word. */
function formsOf(word: Word): string[] {
  const { name, also = [] }: Entry = GLOSSARY[word];
  return [name, ...also].map((form) => {
    // A symbol has one form.
    if (form.length < 3) return form;
    const [first = ''] = form;
    const rest = form.slice(1).replace(/(?<!s)s$/, '');
    return `[${first.toLowerCase()}${first.toUpperCase()}]${rest}(?:e?s)?`;
  });
}
