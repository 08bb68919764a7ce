// The service worker: adds the isolation headers that a static host does not send, and keeps files for offline use.
// Files under assets/ carry their content's hash in the address and never change; everything else is asked of the
// network first.
declare const self: ServiceWorkerGlobalScope;

interface ExtendableEvent extends Event {
  waitUntil(promise: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(response: Promise<Response> | Response): void;
}
interface ServiceWorkerGlobalScope extends EventTarget {
  readonly clients: { claim(): Promise<void> };
  readonly registration: { readonly scope: string };
  skipWaiting(): Promise<void>;
}

const kCache = 'convscope-1';

const kIsolation: Record<string, string> = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'Document-Isolation-Policy': 'isolate-and-credentialless',
};

function isolated(response: Response): Response {
  if (response.status === 0 || response.type === 'opaque' || response.type === 'opaqueredirect') return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(kIsolation)) headers.set(name, value);
  const has_body = ![101, 204, 205, 304].includes(response.status);
  return new Response(has_body ? response.body : null, { status: response.status, statusText: response.statusText, headers });
}

const in_scope = (url: URL): boolean => url.href.startsWith(self.registration.scope);
const is_asset = (url: URL): boolean => in_scope(url) && url.href.slice(self.registration.scope.length).startsWith('assets/');

async function remember(request: Request | string, response: Response): Promise<void> {
  if (response.status !== 200 || response.type !== 'basic') return;
  try {
    await (await caches.open(kCache)).put(request, response);
  } catch {
    // The storage is full or forbidden: the page works, only not offline.
  }
}

// The address under which an answer is kept: queries choose builds and languages, not contents.
function key_of(request: Request, url: URL): string {
  return request.mode === 'navigate' ? self.registration.scope : url.origin + url.pathname;
}

async function answer(event: FetchEvent): Promise<Response> {
  const { request } = event;
  const url = new URL(request.url);
  const key = key_of(request, url);
  const kept = async (): Promise<Response | undefined> => (await caches.open(kCache)).match(key, { ignoreVary: true });
  if (is_asset(url)) {
    const found = await kept();
    if (found !== undefined) return isolated(found);
  }
  try {
    const response = await fetch(request);
    if (in_scope(url)) event.waitUntil(remember(key, response.clone()));
    return isolated(response);
  } catch (error) {
    const found = await kept();
    if (found !== undefined) return isolated(found);
    throw error;
  }
}

self.addEventListener('install', () => void self.skipWaiting());

self.addEventListener('activate', (event) => {
  (event as ExtendableEvent).waitUntil(self.clients.claim());
});

self.addEventListener('fetch', (event) => {
  const fetch_event = event as FetchEvent;
  const { request } = fetch_event;
  // A range, or a request only the cache may answer, is none of ours.
  if (request.method !== 'GET' || request.headers.has('range')) return;
  if (request.cache === 'only-if-cached' && request.mode !== 'same-origin') return;
  if (new URL(request.url).origin !== location.origin) return;
  fetch_event.respondWith(answer(fetch_event));
});

interface KeepMessage {
  type: 'keep';
  files: string[]; // what the page has fetched so far, relative to the scope
  current: string[]; // every file of this version: others under assets/ are dropped
}

// Files that were fetched before this worker was in charge are kept too, from the browser's own cache where it has them.
async function keep(message: KeepMessage): Promise<void> {
  const cache = await caches.open(kCache);
  const scope = self.registration.scope;
  const current = new Set(message.current.map((file) => new URL(file, scope).href));
  for (const request of await cache.keys()) {
    if (is_asset(new URL(request.url)) && !current.has(request.url)) await cache.delete(request);
  }
  for (const file of ['', ...message.files]) {
    const url = new URL(file, scope).href;
    if ((await cache.match(url)) !== undefined) continue;
    try {
      await remember(url, await fetch(url));
    } catch {
      return; // offline already: what is kept is kept
    }
  }
}

self.addEventListener('message', (event) => {
  const { data } = event as MessageEvent<KeepMessage>;
  if (data?.type === 'keep') (event as unknown as ExtendableEvent).waitUntil(keep(data));
});

export {};
