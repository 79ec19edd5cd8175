import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectFake, ready } from './fake-engine';
import { acceptNotifications, declineNotifications, offerAfter, watchQueueEnd } from './notification';
import { runChosen } from './queue';
import { read, write } from './session';

/** The notifications that were shown. */
const shown: string[] = [];
const asked = vi.fn(async () => {
  BrowserNotification.permission = 'granted';
  return BrowserNotification.permission;
});

class BrowserNotification {
  static permission: NotificationPermission = 'default';
  static requestPermission = asked;
  onclick: (() => void) | null = null;
  constructor(title: string, { body }: { body: string }) {
    shown.push(`${title}. ${body}`);
  }
  close(): void {}
}

let stopWatching = () => {};
beforeEach(() => {
  shown.length = 0;
  asked.mockClear();
  BrowserNotification.permission = 'default';
  localStorage.clear();
  vi.stubGlobal('Notification', BrowserNotification);
  connectFake();
  ready();
  stopWatching = watchQueueEnd();
  write({ configuration: { ...read().configuration, settings: ['atoms', 'lora'] } });
});
afterEach(() => {
  stopWatching();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Two runs, of which the second fails. */
function endQueue(): void {
  runChosen();
  const [first, second] = read().runs;
  if (!first || !second) throw new Error('Two runs were queued.');
  write({ training: first.id, runs: [{ ...first, status: 'running' }, second] });
  write({ training: null, runs: [{ ...first, status: 'finished' }, second] });
  expect(shown).toEqual([]);
  write({
    runs: [
      { ...first, status: 'finished' },
      { ...second, status: 'failed' },
    ],
  });
}

describe('notifications', () => {
  it('are offered after a long run only, and the browser asks only if the person accepts', async () => {
    offerAfter(59);
    expect(read().offersNotification).toBe(false);
    offerAfter(61);
    expect(read().offersNotification).toBe(true);
    expect(asked).not.toHaveBeenCalled();
    await acceptNotifications();
    expect(asked).toHaveBeenCalledOnce();
    expect(read().offersNotification).toBe(false);
    offerAfter(61);
    expect(read().offersNotification).toBe(false);
  });

  it('are not offered again once they were declined', () => {
    offerAfter(61);
    declineNotifications();
    expect(read().offersNotification).toBe(false);
    offerAfter(61);
    expect(read().offersNotification).toBe(false);
    expect(asked).not.toHaveBeenCalled();
  });

  it('say how the queue ended, once, if the page is not looked at', () => {
    BrowserNotification.permission = 'granted';
    const focus = vi.spyOn(document, 'hasFocus').mockReturnValue(false);
    endQueue();
    expect(shown).toEqual(['The queue has ended. 2 runs: 1 finished, 1 failed']);
    focus.mockReturnValue(true);
    shown.length = 0;
    endQueue();
    expect(shown).toEqual([]);
  });

  it('are never shown without permission', () => {
    vi.spyOn(document, 'hasFocus').mockReturnValue(false);
    endQueue();
    expect(shown).toEqual([]);
  });
});
