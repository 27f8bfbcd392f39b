// Forms wait for a connection: sent without one they end on the browser's own page of an error, and what somebody chose,
// wrote, or had read is gone with it.
import { report } from "./evidence.js";

const LONGEST_MS = 5000;
const held = new WeakSet();
const ready = new WeakSet();
let note = null;

document.getElementById("main").addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (event.defaultPrevented || ready.delete(form)) return;
  event.preventDefault();
  if (held.has(form)) return;
  held.add(form);
  note?.remove();
  // A line that is only slow may be in time for the form.
  const slow = new Promise((resolve) => { setTimeout(resolve, LONGEST_MS, true); });
  const isReached = await Promise.race([report(), slow]);
  held.delete(form);
  const taken = document.getElementById("unit-taken");
  if (taken) {
    // On a device from which the course was taken nothing is sent: what was written stays to be read, and copied.
    taken.focus();
  } else if (isReached) {
    ready.add(form);
    form.requestSubmit(submitter);
  } else {
    note = document.getElementById("unit-held").content.firstElementChild.cloneNode(true);
    form.append(note);
  }
});
