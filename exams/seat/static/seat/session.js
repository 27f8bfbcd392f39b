// What every page of a sitting has: the sheet with what this device kept, the clock, the sender.

import { Clock } from "./clock.js";
import { Kept } from "./kept.js";
import { Outbox } from "./outbox.js";
import { Sender } from "./sender.js";
import { Sheet } from "./sheet.js";
import { Status } from "./status.js";
import { openStore } from "./store.js";

export const pageData = () => JSON.parse(document.getElementById("seat-data").textContent);

// Only one tab of this browser may write. The lock ends with the tab, also when it crashes.
function holdSeat(sitting) {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    navigator.locks.request(`seat-${sitting}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock ? new Promise(() => {}) : undefined;
    });
  });
}

// Return the session: {data, text, base, outbox, kept, sheet, clock, status, sender, isAlone}. It does not
// send before somebody calls sender.kick().
export async function openSession(data) {
  const database = await openStore();
  const outbox = new Outbox(database);
  const kept = new Kept(database, data.sitting);
  const isAlone = await holdSeat(data.sitting);
  const sheet = new Sheet(data, await outbox.read(data.sitting));
  if (isAlone) {
    await outbox.put(sheet.adopt());
    await outbox.remove(sheet.stale);
  }
  const base = `/seat/${data.sitting}/`;
  const session = { data, text: data.text, base, outbox, kept, sheet, isAlone, clock: await Clock.open(data, kept) };
  session.status = new Status(data.sitting, () => session.sender.kick());
  session.sender = new Sender(base, session);
  return session;
}

// Keep the clock for a reload without network, when it has changed by anything that matters.
export async function keepClock({ clock, kept }) {
  const [last, next] = [(await kept.get("clock")) ?? {}, clock.record];
  const isSame = ["starts", "deadline", "paused"].every((name) => last[name] === next[name]);
  if (!isSame || !(Math.abs(last.skew - next.skew) < 500)) await kept.put("clock", next);
}
