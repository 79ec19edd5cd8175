/** What the browser stores for this page, by what it is and how much it takes. */

import type { StoredBackbone } from '../../src/core/backbone';
import { temporaryBytes } from '../../src/files/private-file';
import { projectBytes, projectsWithFiles } from '../../src/files/project-folder';
import { storedBackbones, unreadableBackbones } from '../../src/hub/stored';
import { z } from '../../src/schema';
import { computedBytes } from '../../src/worker/computed';
import { readHeaders } from '../project/database';
import { nameOf } from '../project/opening';
import { exportedBytes } from '../project/zip';

export interface StorageUse {
  /** The largest first. `name`: null for files that belong to no project, such as those of an import that was cut off. */
  projects: { id: string; name: string | null; bytes: number }[];
  /** The largest first. `stored`: null if it cannot be read. */
  backbones: { id: string; bytes: number; stored: StoredBackbone | null }[];
  /** Bytes of what is computed again where it is missing. */
  computed: number;
  /** Bytes of the page's own files, with which it opens without a network. */
  page: number;
  /** Bytes of what goes when a run or a visit ends. */
  temporary: number;
  /** Bytes of all else: the records of projects, and what the browser needs to keep all of it. */
  other: number;
  /** Bytes of all of it, and how many the browser allows. */
  used: number;
  allowed: number;
  /** Whether the browser keeps all of it until the person deletes it. */
  isPersisted: boolean;
}

const size = z.number().nonnegative();
/** Chromium alone says what the parts take. */
const estimateSchema = z.object({
  usage: size.catch(0),
  quota: size.catch(0),
  usageDetails: z
    .object({ caches: size.optional(), serviceWorkerRegistrations: size.optional() })
    .catch({})
    .default({}),
});

/** @throws DOMException or TypeError where the browser stores nothing for the page */
export async function measureStorage(): Promise<StorageUse> {
  const { usage, quota, usageDetails } = estimateSchema.parse(await navigator.storage.estimate());
  const { caches: inCaches, serviceWorkerRegistrations = 0 } = usageDetails;
  const projects = (await projectsOf()).sort(bySize);
  const backbones = (await backbonesOf()).sort(bySize);
  const computed = await computedBytes();
  const page = (inCaches ?? (await cachedBytes())) + serviceWorkerRegistrations;
  const temporary = (await temporaryBytes()) + (await exportedBytes());
  const known = [...projects, ...backbones].reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    ...{ projects, backbones, computed, page, temporary },
    other: Math.max(0, usage - known - computed - page - temporary),
    ...{ used: usage, allowed: quota, isPersisted: await navigator.storage.persisted() },
  };
}

const bySize = (a: { bytes: number }, b: { bytes: number }) => b.bytes - a.bytes;

async function projectsOf(): Promise<StorageUse['projects']> {
  const names = new Map<string, string | null>();
  for (const id of await projectsWithFiles()) names.set(id, null);
  for (const header of await readHeaders()) {
    const id = idSchema.safeParse(header).data?.id;
    if (id !== undefined) names.set(id, nameOf(header) ?? 'A project that cannot be read');
  }
  return Promise.all([...names].map(async ([id, name]) => ({ id, name, bytes: await projectBytes(id) })));
}

const idSchema = z.object({ id: z.string() });

async function backbonesOf(): Promise<StorageUse['backbones']> {
  const whole = (await storedBackbones()).map((stored) => ({ id: stored.id, bytes: stored.bytes, stored }));
  const unreadable = (await unreadableBackbones()).map((each) => ({ ...each, stored: null }));
  return [...whole, ...unreadable];
}

async function cachedBytes(): Promise<number> {
  let sum = 0;
  for (const name of await caches.keys())
    for (const response of await (await caches.open(name)).matchAll()) sum += (await response.blob()).size;
  return sum;
}
