/** Answers one request of the benchmark; used in a page and in plain Node. */
import type { Answers, Request } from './case';
import { measureStep } from './measure';
import { measurePasses } from './passes';
import { measureProbeEpoch } from './probe-epoch';
import { measureRoof } from './roof';

export interface Surroundings {
  /** The JavaScript runtime and its version. */
  runtime: string;
  readStarter(): Promise<Uint8Array>;
}

export async function answer<R extends Request>(
  request: R,
  surroundings: Surroundings,
): Promise<Answers[R['kind']]> {
  // The kind determines the type of the answer, which TypeScript does not infer through a switch.
  return (await answerAny(request, surroundings)) as Answers[R['kind']];
}

function answerAny(
  request: Request,
  { runtime, readStarter }: Surroundings,
): Promise<Answers[Request['kind']]> {
  switch (request.kind) {
    case 'step':
      return measureStep(request, readStarter);
    case 'roof':
      return measureRoof(request, runtime);
    case 'passes':
      return measurePasses(request);
    case 'probe-epoch':
      return measureProbeEpoch(request);
  }
}
