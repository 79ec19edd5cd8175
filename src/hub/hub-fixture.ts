/** For tests only: vitest's global set-up, a hub with one file beside the tests. */
import type { TestProject } from 'vitest/node';
import { startHub } from '../../e2e/hub-server';
import { REPOSITORY, weightsFixture } from './weight-fixtures';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the hub listens. */
    hub: string;
  }
}

export default async function setUp({ provide }: TestProject): Promise<() => Promise<void>> {
  const hub = await startHub({ files: { [`${REPOSITORY}/model.safetensors`]: weightsFixture() } });
  provide('hub', hub.origin);
  return hub.close;
}
