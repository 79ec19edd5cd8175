import { describe, expect, it } from 'vitest';
import { NO_IMAGES, type Session, useSession } from '../store/session';
import { mayReloadItself } from './registration';

const fresh = useSession.getInitialState();
const progress = { label: 'Reading the images', done: 1, total: 2 };
const image = { path: 'a.png', file: new Blob(), predictions: new Map(), reason: null };

const BEGUN: Record<string, Partial<Session>> = {
  'a project is open': { project: { id: 'a', name: 'a', madeAt: 0, readOnly: false } },
  'images are being read': { importing: progress },
  'a project is being read': { projectWork: progress },
  'a backbone is being loaded': { loadingBackbone: progress },
  'a backbone was chosen': {
    backboneChoice: { source: { kind: 'files', files: [] }, stages: null, inputSize: null },
  },
  'images are being recognized': { recognizing: progress },
  'an adapter is being loaded': { loadingAdapter: true },
  'images were chosen on Use': { toClassify: { ...NO_IMAGES, images: [image] } },
};

describe('the reload of the first visit', () => {
  it('happens while nothing has begun', () => {
    expect(mayReloadItself(fresh)).toBe(true);
    expect(mayReloadItself({ ...fresh, engine: { status: 'starting', progress } })).toBe(true);
  });

  it.each(Object.entries(BEGUN))('does not happen when %s', (_, begun) => {
    expect(mayReloadItself({ ...fresh, ...begun })).toBe(false);
  });
});
