/**
 * Yields to the event loop, so that messages received during tensor work are handled. It uses a message channel because browsers
 * throttle timers in hidden tabs, where training must go on.
 */
const { port1, port2 } = new MessageChannel();
const waiting: (() => void)[] = [];
port1.onmessage = () => waiting.shift()?.();

export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    port2.postMessage(null);
  });
}
