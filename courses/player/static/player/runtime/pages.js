// Every page that is shown in a window and in the frames in it, met as early as browsers let anybody: before its
// first script, where it follows another page.

// A page that leaves is followed by the next within this time, or by none.
const LONGEST_CHANGE_MS = 10_000;
const LOOK_EVERY_MS = 10;

// Call `act` with the window of each page, now and from now on.
export function everyPage(window, act) {
  const met = new WeakSet();
  const entered = new WeakSet();

  function meet(window) {
    const page = pageOf(window);
    if (!page || met.has(page)) {
      return;
    }
    met.add(page);
    act(window);
    const frames = () => [...page.querySelectorAll("iframe, frame, object")].forEach(enter);
    new MutationObserver(frames).observe(page, { childList: true, subtree: true });
    frames();
    window.addEventListener("pagehide", () => meetNext(window, page));
    if (page.URL === "about:blank") {
      meetFirst(window, page);
    }
  }

  function enter(frame) {
    if (!entered.has(frame)) {
      entered.add(frame);
      frame.addEventListener("load", () => frame.contentWindow && meet(frame.contentWindow));
    }
    if (frame.contentWindow) {
      meet(frame.contentWindow);
    }
  }

  // A frame begins with an empty page, keeps its window for the one that was meant, and a new one for each after it.
  function meetFirst(window, empty) {
    const until = performance.now() + LONGEST_CHANGE_MS;
    const timer = setInterval(() => {
      if (window.closed || performance.now() > until || pageOf(window) !== empty) {
        clearInterval(timer);
        meet(window);
      }
    }, LOOK_EVERY_MS);
  }

  // The next page is to be met before its first script; timers would come too late.
  function meetNext(window, before) {
    const until = performance.now() + LONGEST_CHANGE_MS;
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      if (pageOf(window) !== before || window.closed || performance.now() > until) {
        port1.close();
        meet(window);
      } else {
        port2.postMessage(null);
      }
    };
    port2.postMessage(null);
  }

  meet(window);
}

// Of another origin nothing is seen, and needs nothing of ours.
function pageOf(window) {
  try {
    return window.document;
  } catch {
    return null;
  }
}
