// Browsers that forbid storage to frames of other sites throw at the mere name of it, and much content asks unguarded:
// it would not start. What it runs in is lent storage that ends with the page; what must stay is kept by the run-time.

const NAMES = ["localStorage", "sessionStorage"];
// A page that leaves is followed by the next within this time, or by none.
const LONGEST_CHANGE_MS = 10_000;

// Lend to a window, to the frames in it and to all that are put into them later.
export function lend(window) {
  const lent = Object.fromEntries(NAMES.filter((name) => isForbidden(window, name)).map((name) => [name, storage()]));
  if (Object.keys(lent).length > 0) {
    follow(window, lent);
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

const met = new WeakSet();
function follow(window, lent) {
  let page;
  try {
    page = window.document;
  } catch {
    return;
  }
  if (met.has(page)) {
    return;
  }
  met.add(page);
  for (const [name, value] of Object.entries(lent)) {
    if (isForbidden(window, name)) {
      Object.defineProperty(window, name, { value, configurable: true });
    }
  }
  // A frame keeps its window when it leaves the empty page that it begins with; later it gets a new one.
  const frames = () => [...page.querySelectorAll("iframe, frame, object")].forEach((each) => enter(each, lent));
  new MutationObserver(frames).observe(page, { childList: true, subtree: true });
  frames();
  window.addEventListener("pagehide", () => meetNext(window, page, lent));
}

const entered = new WeakSet();
function enter(frame, lent) {
  if (!entered.has(frame)) {
    entered.add(frame);
    frame.addEventListener("load", () => frame.contentWindow && follow(frame.contentWindow, lent));
  }
  if (frame.contentWindow) {
    follow(frame.contentWindow, lent);
  }
}

// The next page is to have it before its first script; timers would come too late.
function meetNext(window, before, lent) {
  const until = performance.now() + LONGEST_CHANGE_MS;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    let isNext = true;
    try {
      isNext = window.document !== before;
    } catch {
      // It is of another origin now, and needs nothing of ours.
    }
    if (isNext || window.closed || performance.now() > until) {
      port1.close();
      follow(window, lent);
    } else {
      port2.postMessage(null);
    }
  };
  port2.postMessage(null);
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
