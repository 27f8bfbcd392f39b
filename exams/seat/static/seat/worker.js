// Service worker of the exam page: a reload without network shows the page again instead of an error.
// The page itself puts what it needs into the cache (see offline.js); answers do not pass here.

const CACHE = "seat";
const PATIENCE_MS = 8000;
// After a request that met no network, what is kept is given at once for so long: patience adds up otherwise.
const LOST_MS = 60_000;
let lostAt = 0;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

async function fromNetwork(request) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    const response = await fetch(request, { signal: patience.signal });
    if (response.status >= 500) throw new Error(String(response.status));
    return response;
  } catch (error) {
    lostAt = Date.now();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

// The page must know that the time written into it is old (see Clock.open in clock.js).
async function marked(kept) {
  const html = (await kept.text()).replace("<html ", "<html data-kept ");
  return new Response(html, { status: kept.status, headers: kept.headers });
}

async function page(request) {
  try {
    return await fromNetwork(request);
  } catch (error) {
    const kept = await caches.match(request, { cacheName: CACHE, ignoreSearch: true, ignoreVary: true });
    if (kept) return marked(kept);
    throw error;
  }
}

// From the network first: modules import each other by names without a hash, and a page must not get those of
// two versions.
async function asset(request) {
  const kept = await caches.match(request, { cacheName: CACHE, ignoreVary: true });
  if (kept && Date.now() - lostAt < LOST_MS) return kept;
  try {
    return await fromNetwork(request);
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener("fetch", (event) => {
  const { method, mode, destination, url } = event.request;
  if (method !== "GET" || new URL(url).origin !== self.location.origin) return;
  if (mode === "navigate") event.respondWith(page(event.request));
  else if (destination === "script" || destination === "style") event.respondWith(asset(event.request));
});
