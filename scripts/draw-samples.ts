/** Draws the built-in sample sets and writes them as zips to public/samples: `npm run draw-samples`, or with `-- ID…` some of them. */
import { writeFile } from 'node:fs/promises';
import { BlobReader, TextReader, Uint8ArrayWriter, ZipWriter } from '@zip.js/zip.js';
import { samplePng } from './sample-png';
import { drawSample, SAMPLE_SETS, type SampleSet, samplePath } from './samples';

const FOLDER = new URL('../public/samples/', import.meta.url);

/** Uncompressed, since PNGs are compressed already, and with a fixed date, so that the same images give the same zip. */
const ENTRY = { level: 0, lastModDate: new Date(2025, 0, 1), extendedTimestamp: false };

async function pack(set: SampleSet): Promise<Uint8Array> {
  const zip = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
  await zip.add('dataset.json', new TextReader(`${JSON.stringify(set.metadata, null, 2)}\n`), ENTRY);
  for (const { name } of set.classes) {
    for (let number = 0; number < set.imagesPerClass; number++) {
      const file = new Blob([samplePng(drawSample(set, name, number))]);
      await zip.add(samplePath(name, number), new BlobReader(file), ENTRY);
    }
  }
  return zip.close();
}

const ids = process.argv.slice(2);
for (const set of SAMPLE_SETS.filter(({ id }) => ids.length === 0 || ids.includes(id))) {
  const zip = await pack(set);
  await writeFile(new URL(`${set.id}.zip`, FOLDER), zip);
  console.log(`public/samples/${set.id}.zip: ${(zip.length / 1e6).toFixed(2)} MB`);
}
