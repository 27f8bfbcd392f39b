// Time is over, but this device may still hold answers that were made in time: they are sent first, and
// the receipt follows.

import { openSession, pageData } from "./session.js";
import { fill, spread } from "./words.js";

const RELOAD_MS = 6000;
const line = document.getElementById("unsent");
const { text, sheet, sender, isAlone } = await openSession(pageData());

const again = (ms) => setTimeout(() => location.reload(), spread(ms));
const states = {
  sending: () => { line.textContent = fill(text.lastAnswers, { count: sheet.pending.length }); },
  kept: () => { line.textContent = text.lastKept; },
  saved: () => {
    line.textContent = text.lastSaved;
    again(RELOAD_MS);
  },
  late: (count) => {
    line.textContent = count ? fill(text.late, { count }) : "";
    again(RELOAD_MS);
  },
  closed: (ms) => again(ms),
};
sender.onState = (state, detail) => (states[state] ?? (() => {}))(detail);
if (!isAlone) line.textContent = text.otherTab;
else if (sheet.pending.length) sender.kick();
else again(RELOAD_MS);
window.addEventListener("online", () => isAlone && sender.kick());
