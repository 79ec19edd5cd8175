/** Training in a hidden tab, and in one that the browser froze. */
import { BackgroundTab } from './background-tab';
import { expect, test } from './local';

const SEARCH =
  '?backend=wasm&sample=textures&epochs=400&batch=8&settings=atoms&option.atoms.m=3&warmStart=off';
/** Seconds in the hidden tab: more than are needed to tell that it was slowed (app/store/slowdown.ts). */
const HIDDEN = 15;

const tabTest = test.extend<{ tab: BackgroundTab }>({
  tab: async ({ baseURL }, use) => {
    const tab = await BackgroundTab.open(`${baseURL}/${SEARCH}#tune`);
    await use(tab);
    await tab.close();
  },
});

tabTest('training goes on in a hidden tab; the page says so if the browser froze it', async ({ tab }) => {
  const body = () => tab.evaluate('document.body.innerText');
  let done = 0;
  // Between its epochs the run says something else.
  const steps = async () => {
    const words = /([\d,]+) of \d+,\d{3}\b/.exec(String(await body()));
    done = Math.max(done, Number(words?.[1]?.replace(',', '') ?? 0));
    return done;
  };
  const start = `[...document.querySelectorAll('button')].find((each) => each.textContent === 'Run 1 setting' && !each.disabled)`;
  await expect.poll(() => tab.evaluate(`${start} !== undefined`), { timeout: 90_000 }).toBe(true);
  await tab.evaluate(`${start}.click()`);
  await expect.poll(steps, { timeout: 60_000 }).toBeGreaterThan(20);
  const pace = async (seconds: number) => {
    const before = await steps();
    await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
    return ((await steps()) - before) / seconds;
  };
  const visible = await pace(5);
  expect(visible).toBeGreaterThan(0);

  await tab.hide();
  await expect.poll(() => tab.evaluate('document.visibilityState')).toBe('hidden');
  // Other programs on this machine make a difference, but no browser that throttles lets this pass.
  expect(await pace(HIDDEN)).toBeGreaterThan(visible / 4);
  await tab.show();
  await expect.poll(() => tab.evaluate('document.visibilityState')).toBe('visible');
  const before = await steps();
  await expect.poll(steps).toBeGreaterThan(before + 5);
  expect(await body()).not.toContain('Nothing was computed');

  await tab.hide();
  await expect.poll(() => tab.evaluate('document.visibilityState')).toBe('hidden');
  const atFreeze = await steps();
  await tab.freeze(6000);
  await tab.show();
  await expect
    .poll(body)
    .toMatch(
      /Nothing was computed for [67] s from \d\d:\d\d: the computer slept or the browser froze the page\./,
    );
  await expect.poll(steps).toBeGreaterThan(atFreeze);
});
