import { describe, expect, test } from 'vitest';
import type { NameEncoding } from '../core/dataset';
import { textFile, zipOf } from './file-fixtures';
import { decodedName } from './name-encoding';
import { AmbiguousData } from './question';
import { unpack } from './unpack';

/** Maps characters to their bytes, by decoding all sequences of one and two bytes. */
function encoder(encoding: NameEncoding): (text: string) => Uint8Array<ArrayBuffer> {
  const bytesOf = new Map<string, number[]>();
  const add = (...bytes: number[]) => {
    const text = decodedName(Uint8Array.from(bytes), encoding);
    if (text && [...text].length === 1 && !bytesOf.has(text)) bytesOf.set(text, bytes);
  };
  for (let first = 0; first < 256; first++) add(first);
  for (let first = 0x81; first < 256; first++)
    for (let second = 0x30; second < 256; second++) add(first, second);
  return (text) =>
    Uint8Array.from(
      [...text].flatMap((letter) => {
        const bytes = bytesOf.get(letter);
        if (!bytes) throw new Error(`${encoding} has no ${letter}.`);
        return bytes;
      }),
    );
}

const oldZip = (names: readonly string[], encodeText: (text: string) => Uint8Array<ArrayBuffer>) =>
  zipOf(
    names.flatMap((name) => [0, 1].map((i) => textFile(`set/${name}/IMG_${i}.png`, 'x'))),
    { encodeText, useUnicodeFileNames: false },
  );

const foldersIn = (paths: readonly string[]) => [...new Set(paths.map((path) => path.split('/')[2]))];

/** The folders that are read, or the options of the question. */
async function read(zip: Blob, nameEncoding?: NameEncoding) {
  try {
    const { files, notices } = await unpack(zip, { name: 'old.zip', nameEncoding });
    return { folders: foldersIn(files.map(({ path }) => path)), notices, options: [] };
  } catch (error) {
    if (!(error instanceof AmbiguousData)) throw error;
    return { folders: [], notices: [], options: error.question.options };
  }
}

const NAMES: readonly { encoding: NameEncoding; names: string[] }[] = [
  { encoding: 'shift_jis', names: ['猫', '犬', 'ソ'] },
  { encoding: 'shift_jis', names: ['りんご', 'みかん', 'ぶどう'] },
  { encoding: 'shift_jis', names: ['桜', '梅'] },
  { encoding: 'shift_jis', names: ['ネコ', 'イヌ'] },
  { encoding: 'shift_jis', names: ['表示', '能力', '十人'] },
  { encoding: 'shift_jis', names: ['良品', '不良品'] },
  { encoding: 'shift_jis', names: ['OK品', 'キズ', '汚れ'] },
  { encoding: 'gb18030', names: ['玫瑰', '郁金香', '向日葵'] },
  { encoding: 'gb18030', names: ['苹果', '香蕉'] },
  { encoding: 'gb18030', names: ['合格', '不合格'] },
  { encoding: 'gb18030', names: ['裂纹', '正常'] },
  { encoding: 'gb18030', names: ['一', '二', '三'] },
  { encoding: 'gb18030', names: ['可回收垃圾', '厨余垃圾', '有害垃圾', '其他垃圾'] },
  { encoding: 'big5', names: ['貓', '狗'] },
  { encoding: 'big5', names: ['玫瑰', '鬱金香', '向日葵'] },
  { encoding: 'big5', names: ['蘋果', '香蕉'] },
  { encoding: 'big5', names: ['良品', '瑕疵'] },
  { encoding: 'euc-kr', names: ['고양이', '강아지'] },
  { encoding: 'euc-kr', names: ['장미', '튤립'] },
  { encoding: 'euc-kr', names: ['사과', '바나나', '포도'] },
  { encoding: 'euc-kr', names: ['정상', '불량'] },
  { encoding: 'euc-kr', names: ['가위', '바위', '보'] },
  { encoding: 'windows-1252', names: ['château', 'forêt'] },
  { encoding: 'windows-1252', names: ['café', 'thé'] },
  { encoding: 'windows-1252', names: ['Löwe', 'Bär'] },
  { encoding: 'windows-1252', names: ['Äpfel', 'Bäume'] },
  { encoding: 'windows-1252', names: ['niño', 'montaña'] },
  { encoding: 'windows-1252', names: ['érable', 'chêne'] },
  { encoding: 'windows-1252', names: ['maçã', 'limão'] },
  { encoding: 'windows-1252', names: ['blåbær', 'rødspætte'] },
  { encoding: 'ibm437', names: ['château', 'forêt'] },
  { encoding: 'ibm437', names: ['Löwe', 'Bär'] },
  { encoding: 'ibm437', names: ['niño', 'montaña'] },
  { encoding: 'ibm437', names: ['Weiß', 'Grün'] },
  { encoding: 'ibm850', names: ['maçã', 'limão'] },
  { encoding: 'ibm850', names: ['blåbær', 'rødspætte'] },
  { encoding: 'ibm850', names: ['ÉRABLE', 'CHÊNE'] },
  { encoding: 'windows-1251', names: ['кошка', 'собака'] },
  { encoding: 'windows-1251', names: ['Роза', 'Тюльпан'] },
  { encoding: 'ibm866', names: ['кошка', 'собака'] },
  { encoding: 'ibm866', names: ['Роза', 'Тюльпан'] },
  { encoding: 'windows-1250', names: ['żółty', 'książka'] },
];

describe('a zip that does not say how its file names are encoded', () => {
  test.each(NAMES)('$encoding: $names', async ({ encoding, names }) => {
    const { folders, notices } = await read(await oldZip(names, encoder(encoding)));
    expect(folders).toEqual(names);
    expect(notices).toEqual([
      expect.stringMatching(
        /^“old\.zip” does not say how its file names are encoded\. They were read as .*“/,
      ),
    ]);
  });

  test('asks if more than one encoding is likely, and uses the one that the person chooses', async () => {
    const zip = await oldZip(['růže', 'kočka'], encoder('windows-1250'));
    const { options } = await read(zip);
    expect(options[0]?.reading).toEqual({ nameEncoding: 'windows-1250' });
    expect(options[0]?.label).toBe('“růže” and “kočka”: Windows-1250 (Central European)');
    expect(options[1]?.label).toContain('“rùže”');
    expect((await read(zip, 'windows-1250')).folders).toEqual(['růže', 'kočka']);
    expect((await read(zip, 'windows-1252')).folders).toEqual(['rùže', 'koèka']);
  });

  test('is read as UTF-8 without a notice if all names are UTF-8, as macOS writes them', async () => {
    const { folders, notices } = await read(
      await oldZip(['café', '猫'], (text) => new TextEncoder().encode(text)),
    );
    expect([folders, notices]).toEqual([['café', '猫'], []]);
  });

  test('gives a notice if the names are not text in any encoding', async () => {
    const noise = (text: string) =>
      Uint8Array.from(
        [...text].flatMap((letter) => (letter === '?' ? [0xa0, 0x20, 0xb0, 0x20] : letter.charCodeAt(0))),
      );
    const { notices } = await read(await oldZip(['?'], noise));
    expect(notices).toEqual([
      expect.stringMatching(/^The encoding of file names in “old\.zip” could not be determined/),
    ]);
  });
});

test('a name in the Info-ZIP extra field takes precedence over the one in the header', async () => {
  const name = new TextEncoder().encode('set/猫/1.png');
  const header = Uint8Array.from([0x73, 0x65, 0x74, 0x2f, 0x94, 0x4c, 0x2f, 0x31, 0x2e, 0x70, 0x6e, 0x67]);
  const field = new Uint8Array(5 + name.length);
  field[0] = 1;
  new DataView(field.buffer).setUint32(1, crc32(header), true);
  field.set(name, 5);
  const zip = await zipOf([textFile('x', 'x')], {
    encodeText: () => header,
    useUnicodeFileNames: false,
    extraField: new Map([[0x7075, field]]),
  });
  const { files, notices } = await unpack(zip, { name: 'old.zip' });
  expect(files.map(({ path }) => path)).toEqual(['old/set/猫/1.png']);
  expect(notices).toEqual([]);
});

/** IEEE 802.3, bit by bit. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
