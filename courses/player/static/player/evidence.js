// Learning time from evidence: what is played, and what is read by somebody who moves. The server decides what counts.
//
// Stretches are told in milliseconds since the page was opened, on a clock that nobody sets. One that is sent
// twice is therefore the same one, and adds nothing. What cannot be sent stays on this device.

import { keep, keys, kept } from "./keeping.js";
import { watch } from "./runtime/activity.js";

const page = JSON.parse(document.getElementById("player-page").textContent);
const csrf = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
const opened = performance.now();
const TICK = 1000;
const REPORT_EVERY = 20000;
const LONGEST = 60;
const MOMENT = 1000;
const PREFIX = `learning-time:${page.registration}:`;

// Until when somebody was shown to learn, by what showed it; of several the first counts.
const shown = { playback: opened, interaction: opened, focus: opened };
let stretch = null;
let elsewhere = false;
let where = () => ({});

// A sign of somebody who learns, good for so many milliseconds from now on.
export function sign(kind, lasts) {
  // What lies between the last sign's end and this one shows nobody.
  tick();
  shown[kind] = performance.now() + lasts;
  tick();
}

// A film says where it is.
export function placed(film) {
  where = film;
}

const own = PREFIX + page.page;
const ownRecord = () => kept(own) ?? { report: page.report, page: page.page, stretches: [] };

// Something that was done to a film; within a moment the last of its kind stands for all.
export function note(done) {
  if (elsewhere) return;
  const record = ownRecord();
  const noted = record.watched ?? [];
  const offset = Math.round(performance.now() - opened);
  const last = noted.at(-1);
  if (last && last.verb === done.verb && offset - last.offset < MOMENT) {
    last.time = done.time;
  } else {
    noted.push({ offset, ...done });
  }
  record.watched = noted.slice(-200);
  keep(own, record);
}

function close() {
  if (!stretch) return;
  // Whole seconds; the rest begins the next stretch, so that pieces lie end to end.
  let seconds = Math.floor((stretch.end - stretch.begin) / 1000);
  if (seconds < 1) return;
  const record = ownRecord();
  for (; seconds > 0; seconds -= LONGEST) {
    const length = Math.min(seconds, LONGEST);
    record.stretches.push({ kind: stretch.kind, offset: Math.round(stretch.begin - opened), seconds: length });
    stretch.begin += length * 1000;
  }
  record.stretches = record.stretches.slice(-200);
  keep(own, record);
}

function tick() {
  const now = performance.now();
  const kind = elsewhere ? undefined : Object.keys(shown).find((each) => now < shown[each]);
  // A browser that slept between two ticks saw nobody, beyond what was shown before.
  if (stretch) stretch.end = Math.max(stretch.end, Math.min(now, shown[stretch.kind]));
  let begin = now;
  if (stretch && stretch.kind !== kind) {
    close();
    if (stretch.end === now) begin = stretch.begin;
    stretch = null;
  }
  if (kind && !stretch) stretch = { kind, begin, end: now };
  if (stretch && stretch.end - stretch.begin > LONGEST * 1000) close();
}

// There is no connection, or nobody at its other end.
class Unreached extends Error {}

async function send(key, record, keepalive) {
  const { report, ...said } = record;
  const body = key === own ? { ...said, ...where() } : said;
  const answer = await fetch(report, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrf },
    body: JSON.stringify(body),
    keepalive,
  }).catch(() => { throw new Unreached(); });
  if (answer.status >= 500) throw new Unreached();
  if (answer.status === 429 || answer.redirected) throw new Error("later");
  // What the server took, or will never take, goes; what came meanwhile stays, whichever tab sent.
  const now = kept(key);
  const left = { stretches: without(now?.stretches, said.stretches), watched: without(now?.watched, said.watched) };
  keep(key, left.stretches.length || left.watched.length ? { ...record, ...left } : null);
  return key === own && answer.ok ? answer.json() : null;
}

function without(all = [], sent = []) {
  const gone = new Set(sent.map(({ kind, verb, offset }) => `${kind ?? verb} ${offset}`));
  return all.filter(({ kind, verb, offset }) => !gone.has(`${kind ?? verb} ${offset}`));
}

async function sendAll(keepalive) {
  const unsent = document.querySelector("[data-unsent]");
  try {
    for (const key of new Set([own, ...keys(PREFIX)])) {
      const record = kept(key) ?? ownRecord();
      const said = await send(key, record, keepalive);
      if (said) show(said);
    }
    if (unsent) unsent.hidden = true;
    return true;
  } catch (error) {
    if (unsent && kept(own)) unsent.hidden = false;
    return !(error instanceof Unreached);
  }
}

let sending = null;
let waiting = null;
// Resolves when all that was seen until now was sent, or could not be: to whether the server was there.
export function report({ keepalive = false } = {}) {
  tick();
  close();
  if (elsewhere) return Promise.resolve(true);
  // A page that is going waits for nobody: what is sent twice adds nothing.
  if (keepalive) return sendAll(true);
  if (sending) {
    waiting ??= sending.then(() => {
      waiting = null;
      return report();
    });
    return waiting;
  }
  sending = sendAll(false).finally(() => { sending = null; });
  return sending;
}

function show(said) {
  const time = document.querySelector("[data-time]");
  if (time) time.textContent = said.text;
  document.dispatchEvent(new CustomEvent("player:reported", { detail: said }));
  if (said.elsewhere && !elsewhere) {
    elsewhere = true;
    const note = document.getElementById("taken-over").content.firstElementChild.cloneNode(true);
    document.querySelector("[data-unit]").before(note);
    document.dispatchEvent(new CustomEvent("player:elsewhere"));
    bring(note);
  }
}

// Who has scrolled far down, or sees nothing but a film or a lesson, would go on and not know that it counts no more.
async function bring(note) {
  if (document.fullscreenElement) await document.exitFullscreen().catch(() => {});
  note.focus();
}

// What is framed from another origin is not seen into; a package's frame says itself what happens in it.
watch(window, "focus", sign, (frame) => frame.id === "package-frame");
setInterval(tick, TICK);
setInterval(report, REPORT_EVERY);
for (const change of ["online", "offline"]) addEventListener(change, () => report());
addEventListener("pagehide", () => report({ keepalive: true }));
document.addEventListener("visibilitychange", () => report({ keepalive: document.visibilityState === "hidden" }));
report();
