// The page around a package, on the package's own origin: it asks the portal what to start, offers the package
// its run-time, and sends what the package reports. The launch is in the fragment, which no server sees.
import { watch } from "./activity.js";
import { Portal } from "./portal.js";
import { Queue } from "./queue.js";
import { lend } from "./storage.js";
import { close, offerWindow, show } from "./showing.js";
import { closeOpened, follow } from "./windows.js";

const starters = {
  "scorm-1.2": "./scorm12.js",
  "scorm-2004-3": "./scorm2004.js",
  "scorm-2004-4": "./scorm2004.js",
  h5p: "./h5p.js",
};

const launch = new URLSearchParams(location.hash.slice(1));
const portal = new Portal(launch.get("portal"), launch.get("secret"));
const content = document.getElementById("content");

async function start() {
  await sendKept();
  const config = await portal.patiently(() => portal.open());
  document.documentElement.lang = launch.get("language");
  const queue = new Queue(portal, config);
  const sign = (kind, lasts) => portal.tell("sign", { kind, lasts });
  watch(window, "interaction", sign);
  lend(window);
  follow(window, (page) => watch(page, "interaction", sign));
  const starter = starters[config.kind];
  if (starter) {
    const { start: begin } = await import(starter);
    portal.beforeClose(closeOpened);
    await begin({ config, queue, portal, content });
  } else {
    if (config.own_window) {
      offerWindow(config);
    } else {
      const frame = show(config.address);
      portal.beforeClose(() => close(frame));
    }
    addEventListener("message", ({ origin, data }) => {
      if (origin === location.origin && data?.player === "returned") {
        portal.tell("go", { wish: "exit" });
      }
    });
  }
  portal.beforeClose(() => queue.flush());
  portal.tell("started");
}

// What an earlier page could not send goes first, so that the package goes on from there.
async function sendKept() {
  const state = await portal.kept();
  if (!state) {
    return;
  }
  try {
    await portal.patiently(() => portal.commit(state));
    portal.tell("progress", { changed: true });
  } catch (error) {
    // Nobody could ever read it; the package would never start again.
    if (!["commit_unreadable", "commit_too_large"].includes(error.code)) {
      throw error;
    }
  }
  portal.forget(state);
}

start().catch((error) => portal.refused(error));
