// The exam page: an answer is kept on the device, then sent, and the candidate sees which of the two holds.

import { Outbox } from "./outbox.js";
import { Sender } from "./sender.js";
import { Sheet } from "./sheet.js";
import { View } from "./view.js";

const data = JSON.parse(document.getElementById("seat-data").textContent);
const { text } = data;

// Only one tab of this browser may write. The lock ends with the tab, also when it crashes.
function holdSeat() {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    navigator.locks.request(`seat-${data.sitting}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock ? new Promise(() => {}) : undefined;
    });
  });
}

// Put this page and what it loads into the cache, so that worker.js can show it without network.
async function keepForOffline() {
  if (!("serviceWorker" in navigator) || !navigator.onLine) return;
  try {
    await navigator.serviceWorker.register("/seat/worker.js", { scope: "/seat/" });
    const cache = await caches.open("seat");
    // The paper of whoever sat here before is not for this person's eyes; their unsent answers stay.
    for (const { url } of await cache.keys()) {
      const { pathname } = new URL(url);
      if (pathname.startsWith("/seat/") && pathname !== location.pathname) await cache.delete(url, { ignoreVary: true });
    }
    const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
    const assets = loaded.filter((url) => /\.(js|css)$/.test(new URL(url).pathname));
    await cache.addAll([location.pathname, ...new Set(assets)]);
    await navigator.serviceWorker.ready;
    document.documentElement.dataset.offline = "ready";
    await navigator.storage?.persist?.();
  } catch {
    // Without it only a reload while offline suffers; the answers are in the outbox.
  }
}

async function start() {
  const outbox = new Outbox();
  const isDurable = await outbox.open();
  const sheet = new Sheet(data, await outbox.read(data.sitting));
  const adopted = sheet.adopt();
  await outbox.put(adopted);
  await outbox.remove(sheet.stale);

  let view = null;
  const states = {
    saved: () => { view.status("saved", text.saved); view.alert(isDurable ? "" : text.memory); },
    sending: () => view.status("sending", text.sending),
    kept: () => {
      view.status("kept", text.kept);
      if (sheet.isSubmitted) view.alert(text.submitOffline);
    },
    closed: () => location.reload(),
    late: (count) => {
      view.lock();
      view.alert(`${text.timeOver} ${count ? text.late.replace("%(count)s", count) : ""}`);
      setTimeout(() => location.reload(), 5000);
    },
    superseded: () => leave(text.superseded),
    refused: () => leave(text.tokenInvalid),
  };
  const leave = (words) => {
    view.lock();
    view.status("stopped", "");
    view.alert(words);
    view.offerReturn(data.returnPath, text.back);
  };
  const sender = new Sender({ ...data, base: `/seat/${data.sitting}/` }, sheet, outbox, (state, detail) =>
    states[state](detail),
  );
  const submit = async () => {
    if (sheet.isSubmitted) return;
    view.lock();
    view.alert(text.submitting);
    await outbox.put([sheet.submit(Date.now())]);
    sender.kick();
  };
  view = new View(text, sheet, {
    onSubmit: submit,
    onChange: async (item, change) => {
      view.status("sending", text.sending);
      await outbox.put([sheet.change(item, change, Date.now())]);
      sender.kick();
    },
  });
  if (!(await holdSeat())) {
    leave(text.otherTab);
    return;
  }
  let apart = Date.now() - performance.now();
  const tick = () => {
    // A device that slept has stopped its steady clock: ask the server for the time.
    const drift = Date.now() - performance.now();
    if (Math.abs(drift - apart) > 2000) sender.kick();
    apart = drift;
    view.tick(sender.left);
    if (sender.left > 0 || sheet.isSubmitted) return;
    submit();
    view.alert(text.timeOver);
  };
  if (sheet.isSubmitted) view.lock();
  tick();
  setInterval(tick, 500);
  window.addEventListener("online", () => sender.kick());
  document.addEventListener("visibilitychange", () => document.hidden || sender.kick());
  sender.kick();
  keepForOffline();
}

start();
