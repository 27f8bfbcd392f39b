// What shows that somebody is learning: something was pressed, typed or scrolled within the last minute, or a
// video plays, and the page can be seen. A page that is merely open shows nothing.

const SIGNS = ["pointerdown", "pointermove", "keydown", "wheel", "scroll", "touchstart", "input"];
const LASTS_MS = 60_000;
const STEP_S = 5;

export function watch(top, report) {
  const watched = new WeakSet();
  let last = 0;
  const sign = () => {
    last = Date.now();
  };

  function look(frame) {
    let plays = false;
    try {
      const page = frame.document;
      if (!watched.has(page)) {
        watched.add(page);
        for (const name of SIGNS) {
          page.addEventListener(name, sign, { capture: true, passive: true });
        }
      }
      plays = [...page.querySelectorAll("video, audio")].some((media) => !media.paused && !media.ended);
    } catch {
      // A page of another origin inside the package: nobody sees into it.
      return false;
    }
    for (let place = 0; place < frame.length; place += 1) {
      plays = look(frame[place]) || plays;
    }
    return plays;
  }

  const timer = setInterval(() => {
    if (top.closed) {
      clearInterval(timer);
      return;
    }
    const plays = look(top);
    if (isSeen(top) && (plays || Date.now() - last < LASTS_MS)) {
      report(STEP_S);
    }
  }, STEP_S * 1000);
}

function isSeen(page) {
  try {
    return page.document.visibilityState === "visible";
  } catch {
    return false;
  }
}
