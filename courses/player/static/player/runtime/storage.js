// Browsers that forbid storage to frames of other sites throw at the mere name of it, and much content asks unguarded:
// it would not start. What it runs in is lent storage that ends with the page; what must stay is kept by the run-time.
import { everyPage } from "./pages.js";

const NAMES = ["localStorage", "sessionStorage"];

// Lend to a window, to the frames in it and to all that are put into them later.
export function lend(window) {
  const lent = Object.fromEntries(NAMES.filter((name) => isForbidden(window, name)).map((name) => [name, storage()]));
  if (Object.keys(lent).length > 0) {
    everyPage(window, (page) => give(page, lent));
  }
}

function give(window, lent) {
  for (const [name, value] of Object.entries(lent)) {
    if (isForbidden(window, name)) {
      Object.defineProperty(window, name, { value, configurable: true });
    }
  }
}

function isForbidden(window, name) {
  try {
    void window[name];
    return false;
  } catch {
    return true;
  }
}

function storage() {
  const kept = new Map();
  const methods = {
    getItem: (name) => kept.get(String(name)) ?? null,
    setItem: (name, value) => void kept.set(String(name), String(value)),
    removeItem: (name) => void kept.delete(String(name)),
    clear: () => kept.clear(),
    key: (place) => [...kept.keys()][place] ?? null,
  };
  // Content also reads and writes it as an object.
  return new Proxy(methods, {
    get: (_methods, name) => (name === "length" ? kept.size : methods[name] ?? kept.get(name)),
    set: (_methods, name, value) => Boolean(kept.set(name, String(value))),
    has: (_methods, name) => name in methods || kept.has(name),
    deleteProperty: (_methods, name) => kept.delete(name) || true,
    ownKeys: () => [...kept.keys()],
    getOwnPropertyDescriptor: (_methods, name) =>
      kept.has(name) ? { value: kept.get(name), enumerable: true, configurable: true, writable: true } : undefined,
  });
}
