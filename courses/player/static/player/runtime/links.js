// The sandbox lets a page lead only its own frame and what is in it. Old packages lead more: the whole window ("_top"),
// which here is the portal's, and from a menu the frame beside them. What they mean is done for them inside the frame of
// the package: the page around two frames may lead either.
import { everyPage } from "./pages.js";

export function keepInside(frame) {
  const top = frame.contentWindow;
  everyPage(top, (window) => {
    followLinks(window, top);
    followForms(window, top);
    followOpening(window, top);
    if (window.frameElement?.tagName === "FRAME") {
      standIn(window);
    }
  });
}

// The window that a page means by the name, if the sandbox keeps it from leading it.
function meant(window, top, name) {
  switch (name.toLowerCase()) {
    case "_top":
      return top;
    case "_parent":
      return window === top ? top : window.parent;
    default: {
      const found = name && !name.startsWith("_") ? named(top, name) : null;
      return found && !isIn(found, window) ? found : null;
    }
  }
}

function named(window, name) {
  try {
    if (window.name === name) {
      return window;
    }
  } catch {
    return null;
  }
  for (let place = 0; place < window.length; place += 1) {
    const found = named(window[place], name);
    if (found) {
      return found;
    }
  }
  return null;
}

function isIn(inner, outer) {
  for (let each = inner; ; each = each.parent) {
    if (each === outer) {
      return true;
    }
    if (each === each.parent) {
      return false;
    }
  }
}

function targetOf(element, submitter) {
  const own = submitter?.getAttribute("formtarget") ?? element.getAttribute("target");
  return own ?? element.ownerDocument.querySelector("base[target]")?.target ?? "";
}

function followLinks(window, top) {
  window.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href], area[href]");
    if (!link || link.origin !== location.origin || event.defaultPrevented) {
      return;
    }
    const target = meant(window, top, targetOf(link));
    if (target) {
      event.preventDefault();
      change(target, "href", link.href);
    }
  });
}

// A form of the page around has the rights of that page.
function followForms(window, top) {
  window.addEventListener("submit", (event) => {
    const target = !event.defaultPrevented && meant(window, top, targetOf(event.target, event.submitter));
    if (!target || event.target.method !== "get") {
      return;
    }
    event.preventDefault();
    const address = new URL(event.target.action);
    address.search = new URLSearchParams(new window.FormData(event.target, event.submitter));
    change(target, "href", address.href);
  });
}

function followOpening(window, top) {
  const usual = window.open;
  window.open = (address, name, ...more) => {
    const target = name && meant(window, top, String(name));
    if (!target || !address) {
      return usual.call(window, address, name, ...more);
    }
    change(target, "href", new URL(address, window.document.baseURI).href);
    return target;
  };
}

// Scripts reach a frame beside them through the page around, `parent.main.location = "2.html"`. There stands in the place
// of a frame of a frameset what passes everything on to it, and its address to the page around.
const standIns = new WeakMap();
function standIn(window) {
  if (standIns.has(window)) {
    return;
  }
  const place = new Proxy({}, {
    get: (_none, key) => (["assign", "replace"].includes(key)
      ? (address) => ask(window, `place.${key}(value)`, address)
      : reading(window.location, key)),
    set: (_none, key, value) => change(window, key, value),
  });
  const page = passing(() => window.document, { location: place }, window);
  standIns.set(window, passing(() => window, { location: place, document: page }, window));
  const { parent, frameElement: { name } } = window;
  if (name && !Object.hasOwn(parent, name)) {
    putInPlace(parent, name, standIns.get(window));
  }
  // By their number they are reached as well.
  const numbered = new Proxy({}, {
    get: (_none, key) => standIns.get(parent[key]) ?? reading(parent, key),
    set: (_none, key, value) => Reflect.set(parent, key, value),
    has: (_none, key) => key in parent,
  });
  putInPlace(parent, "frames", numbered);
}

function putInPlace(parent, name, value) {
  Object.defineProperty(parent, name, {
    configurable: true,
    get: () => value,
    set: (own) => Object.defineProperty(parent, name, { value: own, configurable: true, writable: true }),
  });
}

// What is passed on to an owner, but for what stands in for its own.
function passing(owner, own, window) {
  return new Proxy({}, {
    get: (_none, key) => (Object.hasOwn(own, key) ? own[key] : reading(owner(), key)),
    set: (_none, key, value) => (key === "location" ? change(window, "href", value) : Reflect.set(owner(), key, value)),
    has: (_none, key) => key in owner(),
  });
}

// Methods work on what they belong to, and not on what stands in for it.
function reading(owner, key) {
  const value = owner[key];
  return typeof value === "function" && !("prototype" in value) ? value.bind(owner) : value;
}

function change(window, key, value) {
  ask(window, `place["${key}"] = value`, value);
  return true;
}

// What a function of a page does, the page does.
function ask(window, what, value) {
  new window.parent.Function("place", "value", what)(window.location, value);
}
