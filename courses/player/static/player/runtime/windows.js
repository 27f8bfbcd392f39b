// Some content opens itself in a window of its own and looks from there for its run-time, through its opener. What is
// done in that window counts too, and it closes with the page: its run-time would be gone.
import { everyPage } from "./pages.js";

const LOOK_EVERY_MS = 250;
const LAST_WORD_MS = 1000;

const opened = new Set();

// Call `met` with every window that a window, or a frame in it, opens from now on; some open one while they load.
export function follow(top, met) {
  everyPage(top, (window) => {
    const usual = window.open;
    window.open = (...about) => {
      const page = usual.apply(window, about);
      // A frame may be what was opened, by its name.
      if (page && page === page.parent && !opened.has(page)) {
        opened.add(page);
        met(page);
        follow(page, met);
      }
      return page;
    };
  });
}

// Call `act` when the windows that are open now are all closed, by the learner or by themselves; with none, never.
export function whenClosed(act) {
  const open = [...opened].filter((page) => !page.closed);
  if (open.length === 0) {
    return;
  }
  const timer = setInterval(() => {
    if (open.every((page) => page.closed)) {
      clearInterval(timer);
      act();
    }
  }, LOOK_EVERY_MS);
}

// Windows that content opened for others, as for a page that it links to, stay.
export async function closeOpened() {
  const ours = [...opened].filter((page) => !page.closed && isOurs(page));
  ours.forEach((page) => page.close());
  const until = performance.now() + LAST_WORD_MS;
  while (ours.some((page) => !page.closed) && performance.now() < until) {
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
}

function isOurs(window) {
  try {
    return Boolean(window.document);
  } catch {
    return false;
  }
}
