/**
 * Detects the encoding of file names that do not declare it. Windows writes zips in the encoding of its language: Shift_JIS, GBK,
 * EUC-KR, or a code page of DOS. jschardet (a port of chardet's statistical models) ranks encodings. Its ranking is unreliable
 * for a few short names, so the plausibility of the decoded names is also scored.
 */
import type { NameEncoding } from '../core/dataset';

interface Candidate {
  encoding: NameEncoding;
  /** Its names in jschardet. */
  detected: readonly string[];
  /** Its name for the person. */
  label: string;
  /** Relative frequency among zips with such bytes. */
  prior: number;
}

const CANDIDATES: readonly Candidate[] = [
  { encoding: 'shift_jis', detected: ['cp932', 'shift_jis'], label: 'Shift_JIS (Japanese)', prior: 1 },
  { encoding: 'gb18030', detected: ['gb18030'], label: 'GBK (simplified Chinese)', prior: 1 },
  { encoding: 'big5', detected: ['big5'], label: 'Big5 (traditional Chinese)', prior: 1 },
  { encoding: 'euc-kr', detected: ['cp949', 'euc-kr'], label: 'EUC-KR (Korean)', prior: 1 },
  { encoding: 'euc-jp', detected: ['euc-jp'], label: 'EUC-JP (Japanese)', prior: 0.5 },
  {
    encoding: 'windows-1252',
    detected: ['windows-1252'],
    label: 'Windows-1252 (Western European)',
    prior: 3,
  },
  { encoding: 'ibm850', detected: ['cp850'], label: 'CP850 (Western European, DOS)', prior: 1 },
  { encoding: 'ibm437', detected: ['cp437'], label: 'CP437 (DOS)', prior: 1 },
  { encoding: 'windows-1251', detected: ['windows-1251'], label: 'Windows-1251 (Cyrillic)', prior: 1 },
  { encoding: 'ibm866', detected: ['ibm866'], label: 'CP866 (Cyrillic, DOS)', prior: 1 },
  {
    encoding: 'windows-1250',
    detected: ['windows-1250'],
    label: 'Windows-1250 (Central European)',
    prior: 1,
  },
];

export const NAME_ENCODINGS: readonly NameEncoding[] = [
  'utf-8',
  ...CANDIDATES.map(({ encoding }) => encoding),
];

export function encodingLabel(encoding: NameEncoding): string {
  return CANDIDATES.find((each) => each.encoding === encoding)?.label ?? 'UTF-8';
}

/** The upper halves of the code pages that browsers have no decoder for (unicode.org, MAPPINGS/VENDORS/MICSFT/PC). */
const DOS_PAGES: Partial<Record<NameEncoding, string>> = {
  ibm437:
    'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0',
  ibm850:
    'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0',
};

/** The text, or null if the bytes are not valid in this encoding. */
export function decodedName(bytes: Uint8Array, encoding: NameEncoding): string | null {
  const page = DOS_PAGES[encoding];
  if (page)
    return Array.from(bytes, (byte) => (byte < 128 ? String.fromCharCode(byte) : page[byte - 128])).join('');
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

export interface Ranked {
  encoding: NameEncoding;
  /** Relative: twice the score is roughly twice as likely. */
  score: number;
}

const NEWLINE = 10;
/** The score of an encoding that jschardet does not score, although the names are valid and plausible in it. */
const LEAST_SCORE = 1e-4;
/** Enough for the models, and fast to analyse. */
const MOST_BYTES = 20_000;

/**
 * Possible encodings of the names, best first. Of encodings that give the same text, only the best is listed. Empty if the names
 * are not text in any encoding.
 * @param names distinct parts of paths, each with a byte above 127
 */
export async function rankedEncodings(names: readonly Uint8Array[]): Promise<Ranked[]> {
  const lines: number[] = [];
  for (const name of names) {
    if (lines.length + name.length > MOST_BYTES) break;
    lines.push(...name, NEWLINE);
  }
  const bytes = Uint8Array.from(lines);
  // Loaded on demand: 1.1 MB, and few data sets need it.
  const { detectAll } = await import('jschardet');
  const detectEncodings = CANDIDATES.flatMap(({ detected }) => detected[0] ?? []);
  const found = detectAll(bytes, { minimumThreshold: 0, detectEncodings });
  const ranked = CANDIDATES.flatMap(({ encoding, detected, prior }) => {
    const text = decodedName(bytes, encoding);
    if (text === null || !isPlausible(text)) return [];
    const confidence =
      found.find((each) => detected.includes(each.encoding?.toLowerCase() ?? ''))?.confidence ?? 0;
    return [
      { encoding, text, score: Math.max(confidence, LEAST_SCORE) * prior * naturalness(text, encoding) },
    ];
  }).sort((a, b) => b.score - a.score);
  const seen = new Set<string>();
  return ranked.flatMap(({ encoding, text, score }) => {
    if (seen.has(text)) return [];
    seen.add(text);
    return [{ encoding, score }];
  });
}

/** Letters, digits and the punctuation of names; no box drawing, control or unassigned characters. */
function isPlausible(text: string): boolean {
  return [...text].every(
    (letter) =>
      letter === '\n' || (PLAUSIBLE.test(letter) && (!MODIFIER.test(letter) || JAPANESE_MARKS.test(letter))),
  );
}

const PLAUSIBLE = /[\x20-\x7e\p{L}\p{M}\p{N}（）「」『』【】〈〉《》、。，～－＋：＆’]/u;
const MODIFIER = /[\p{Lm}ƒ]/u;
const JAPANESE_MARKS = /[ー々〆ｰﾞﾟ]/u;
const HALF_WIDTH_KANA = /[ｦ-ﾟ]/;
const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}ー]/u;
const OTHER_SCRIPT =
  '[\\p{Script=Han}\\p{Script=Hangul}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Greek}\\p{Script=Cyrillic}]';

/** Patterns that wrong decoding produces and names rarely contain, with the factor by which each reduces the score. */
const ODDITIES: readonly (readonly [RegExp, number])[] = [
  // `cafÚ`: an accented capital after a small letter.
  [/\p{Ll}(?![A-Z])\p{Lu}/u, 0.1],
  // `ni寸`, `rщћe`: a small Latin letter next to another script.
  [new RegExp(`[a-z]${OTHER_SCRIPT}|${OTHER_SCRIPT}[a-z]`, 'u'), 0.05],
  // `ﾄPFEL`.
  [/[A-Za-z][ｦ-ﾟ]|[ｦ-ﾟ][A-Za-z]/u, 0.05],
];

function naturalness(text: string, encoding: NameEncoding): number {
  const odd = ODDITIES.reduce((factor, [pattern, less]) => (pattern.test(text) ? factor * less : factor), 1);
  // Kana are a small part of the Japanese encodings: names of kana alone rarely result from wrong decoding.
  const foreign = [...text].filter((letter) => letter > '\x7f');
  const isKana = foreign.every((letter) => KANA.test(letter)) && !HALF_WIDTH_KANA.test(text);
  const isJapanese = encoding === 'shift_jis' || encoding === 'euc-jp';
  return isKana && isJapanese ? 20 * odd : odd;
}
