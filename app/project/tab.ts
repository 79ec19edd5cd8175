/** Which project a tab shows. The browser forgets it with the tab. */
const KEY = 'atomtune project';

export function rememberInTab(project: string): void {
  try {
    sessionStorage.setItem(KEY, project);
  } catch {
    // Without storage the project that was changed last is opened.
  }
}

/** The tab's project if the page was reloaded or returned to; null if its address was opened. */
export function projectOfTab(): string | null {
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]; // by their type
  if (navigation?.type === 'navigate') return null;
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}
