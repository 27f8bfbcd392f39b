// What shows that somebody is learning, in a window and in what is framed in it: something was pressed, typed, moved or
// scrolled, or a film plays. A page that is merely open shows nothing.
//
// A sign says for how long it shows somebody; nought takes back what the last one said.

const MOVES = ["pointerdown", "pointermove", "keydown", "wheel", "scroll", "touchstart", "input"];
// Who has not moved for so long reads no more; inside a document of another origin nothing of it is seen.
const MOVE_LASTS_MS = 60_000;
const INSIDE_LASTS_MS = 300_000;
// A film tells four times a second that it goes on.
const FILM_LASTS_MS = 3000;
const FASTEST = 2;
const SIGN_EVERY_MS = 500;
const LOOK_EVERY_MS = 1000;

// Call `sign(kind, milliseconds)` with "playback", or with the kind that moves are here. Frames that `tells` is true of
// speak for themselves.
export function watch(top, kind, sign, tells = () => false) {
  const met = new WeakSet();
  let signed = 0;

  const moved = (lasts) => {
    const now = performance.now();
    if (now - signed >= SIGN_EVERY_MS && isSeen(top)) {
      signed = now;
      sign(kind, lasts);
    }
  };

  const plays = ({ target }) => {
    // What begins again by itself is part of the picture.
    if (target.playbackRate <= FASTEST && !target.paused && !target.seeking && !target.loop) {
      sign("playback", FILM_LASTS_MS);
    }
  };

  function meet(page) {
    for (const name of MOVES) {
      const act = () => moved(isInUnseen(page) ? INSIDE_LASTS_MS : MOVE_LASTS_MS);
      page.addEventListener(name, act, { capture: true, passive: true });
    }
    page.addEventListener("timeupdate", plays, { capture: true });
    for (const name of ["pause", "ended"]) {
      page.addEventListener(name, () => sign("playback", 0), { capture: true });
    }
    page.addEventListener("visibilitychange", () => {
      if (page.visibilityState === "hidden") {
        sign(kind, 0);
      }
    });
  }

  const isInUnseen = (page) => {
    const frame = page.hasFocus() && page.activeElement;
    return Boolean(frame) && frame.tagName === "IFRAME" && !frame.contentDocument && !tells(frame);
  };

  // Pages of which it is known that their reader went into a frame nobody sees into.
  const left = new WeakSet();
  function look(window) {
    let page;
    try {
      page = window.document;
    } catch {
      return;
    }
    if (!met.has(page)) {
      met.add(page);
      meet(page);
    }
    if (!isInUnseen(page)) {
      left.delete(page);
    } else if (!left.has(page)) {
      left.add(page);
      moved(INSIDE_LASTS_MS);
    }
    for (let place = 0; place < window.length; place += 1) {
      look(window[place]);
    }
  }

  const timer = setInterval(() => {
    if (top.closed) {
      clearInterval(timer);
    } else {
      look(top);
    }
  }, LOOK_EVERY_MS);
  look(top);
}

function isSeen(window) {
  try {
    return window.document.visibilityState === "visible";
  } catch {
    return false;
  }
}
