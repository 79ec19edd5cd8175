/** An engine that gives recorded answers and computes nothing. Calls without an answer stay pending until it is terminated. */
import type { CallName, Calls } from '../../src/worker/protocol';
import type { CallOptions } from '../engine';
import type { EngineClient } from '../store/engine-actions';

export type EngineAnswers = {
  [K in CallName]?: (
    input: Calls[K]['in'],
    options: CallOptions<K>,
  ) => Calls[K]['out'] | Promise<Calls[K]['out']>;
};

export const pending = () => new Promise<never>(() => {});

export function recordedEngine(answers: EngineAnswers): EngineClient {
  const end = new AbortController();
  const ended = () =>
    new Promise<never>((_, reject) =>
      end.signal.addEventListener('abort', () => reject(end.signal.reason), { once: true }),
    );
  return {
    call(name, input, options = {}) {
      const answer = answers[name];
      const answered = answer ? Promise.resolve(input).then((given) => answer(given, options)) : pending();
      return Promise.race([answered, ended()]);
    },
    terminate: () => end.abort(),
  };
}
