/**
 * Keeps all files of one version of the page, so that it opens without a network and never consists of two versions: a new version is
 * fetched as a whole, each file is compared with its hash, and the present version stays in use until the new worker takes over. It never
 * takes over by itself while a tab is open. Other hosts are left to the browser, so weights from the hub are not kept here.
 */
import { addPlugins, type PrecacheEntry, precacheAndRoute } from 'workbox-precaching';
import { HEADERS } from './headers';
import { OTHER_TABS, TAKE_OVER } from './messages';

declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: PrecacheEntry[] };

/** Hosts such as GitHub Pages send no headers of a page's own. */
function withHeaders(request: Request, response: Response): Response {
  if (request.mode !== 'navigate' && request.destination !== 'worker') return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  const { body, status, statusText } = response;
  return new Response(body, { status, statusText, headers });
}

addPlugins([{ handlerWillRespond: async ({ request, response }) => withHeaders(request, response) }]);

// What follows a question mark configures the page; no file depends on it.
precacheAndRoute(self.__WB_MANIFEST, { ignoreURLParametersMatching: [/./] });

self.addEventListener('message', (event) => {
  if (event.data === TAKE_OVER) event.waitUntil(takeOver(event.source));
});

async function takeOver(asking: ExtendableMessageEvent['source']): Promise<void> {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  if (windows.filter(isPage).length > 1) asking?.postMessage(OTHER_TABS);
  else await self.skipWaiting();
}

/** Documents of the help load nothing later, so they may stay open. */
const isPage = ({ url }: Client) => !url.startsWith(new URL('help/', self.registration.scope).href);
