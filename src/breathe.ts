/**
 * Lets the event loop run: messages that arrived while tensors were computed are answered now. A message channel,
 * because timers are slowed down in hidden tabs and training goes on there.
 */
const { port1, port2 } = new MessageChannel();
const waiting: (() => void)[] = [];
port1.onmessage = () => waiting.shift()?.();

export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    port2.postMessage(null);
  });
}
