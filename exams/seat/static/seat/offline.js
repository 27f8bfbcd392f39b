// Put this page and what it loads into the cache, so that worker.js can show it without network.

export async function keepForOffline() {
  if (!("serviceWorker" in navigator) || !navigator.onLine) return;
  const { dataset } = document.documentElement;
  if ("kept" in dataset) {
    // This page came out of the cache, because the server has no better one.
    dataset.offline = "ready";
    return;
  }
  try {
    await navigator.serviceWorker.register("/seat/worker.js", { scope: "/seat/" });
    const cache = await caches.open("seat");
    // The page of whoever sat here before is not for this person's eyes; their unsent answers stay.
    for (const { url } of await cache.keys()) {
      const { pathname } = new URL(url);
      if (pathname.startsWith("/seat/") && pathname !== location.pathname) await cache.delete(url, { ignoreVary: true });
    }
    const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
    const assets = loaded.filter((url) => /\.(js|css)$/.test(new URL(url).pathname));
    await cache.addAll([location.pathname + location.search, ...new Set(assets)]);
    await navigator.serviceWorker.ready;
    dataset.offline = "ready";
    await navigator.storage?.persist?.();
  } catch {
    // Without it only a reload while offline suffers; the answers are in the outbox.
  }
}
