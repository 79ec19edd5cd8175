/** What the page and its service worker say to each other. */

/** From the page to the worker that waits: take over from the present version. */
export const TAKE_OVER = 'take over';

/** From the worker to the page: it does not take over, because other tabs still use the present version. */
export const OTHER_TABS = 'other tabs are open';
