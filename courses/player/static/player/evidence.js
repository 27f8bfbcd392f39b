// Learning time from evidence: what is played, and what is read by somebody who moves. The server decides what counts.
//
// Stretches are told in milliseconds since the page was opened, on a clock that nobody sets. One that is sent
// twice is therefore the same one, and adds nothing. What cannot be sent stays on this device.

import { keep, keys, kept } from "./keeping.js";

const page = JSON.parse(document.getElementById("player-page").textContent);
const csrf = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
const opened = performance.now();
const TICK = 1000;
const REPORT_EVERY = 20000;
const LONGEST = 60;
const MOMENT = 1000;
// Who has not moved for so long reads no more; inside a document of another origin nothing of it is seen.
const IDLE = 60000;
const IDLE_IN_FRAME = 300000;
const PREFIX = `learning-time:${page.registration}:`;

// Nobody has moved yet: an open page alone shows nothing.
let moved = opened - IDLE;
// When a document of another origin was last entered.
let entered = opened - IDLE_IN_FRAME;
let stretch = null;
let elsewhere = false;
// A film puts in here what is played and where it is.
const watched = { playing: () => false, where: () => ({}) };

for (const name of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart", "scroll"]) {
  addEventListener(name, () => { moved = performance.now(); }, { passive: true, capture: true });
}

addEventListener("blur", () => { entered = performance.now(); });

function kindNow() {
  if (watched.playing()) return "playback";
  const inFrame = document.activeElement?.tagName === "IFRAME";
  const still = performance.now() - (inFrame ? Math.max(moved, entered) : moved);
  if (document.visibilityState === "visible" && still < (inFrame ? IDLE_IN_FRAME : IDLE)) return "focus";
  return null;
}

const own = PREFIX + page.page;
const ownRecord = () => kept(own) ?? { report: page.report, page: page.page, stretches: [] };

// Something that was done to a film; within a moment the last of its kind stands for all.
export function note(done) {
  if (elsewhere) return;
  const record = ownRecord();
  const watched = record.watched ?? [];
  const offset = Math.round(performance.now() - opened);
  const last = watched.at(-1);
  if (last && last.verb === done.verb && offset - last.offset < MOMENT) {
    last.time = done.time;
  } else {
    watched.push({ offset, ...done });
  }
  record.watched = watched.slice(-200);
  keep(own, record);
}

function close() {
  if (!stretch) return;
  // Whole seconds; the rest begins the next stretch, so that pieces lie end to end.
  const seconds = Math.floor((stretch.end - stretch.begin) / 1000);
  if (seconds > 0) {
    const record = ownRecord();
    record.stretches.push({ kind: stretch.kind, offset: Math.round(stretch.begin - opened), seconds });
    record.stretches = record.stretches.slice(-200);
    keep(own, record);
    stretch.begin += seconds * 1000;
  }
}

export function tick() {
  const now = performance.now();
  const kind = elsewhere ? null : kindNow();
  // A browser that slept between two ticks saw nobody.
  const slept = stretch && now - stretch.end > 5 * TICK;
  if (stretch && (stretch.kind !== kind || slept)) {
    close();
    stretch = null;
  }
  if (kind && !stretch) stretch = { kind, begin: now, end: now };
  if (stretch) {
    stretch.end = now;
    if (now - stretch.begin > LONGEST * 1000) close();
  }
}

async function send(key, record, keepalive) {
  const { report, ...said } = record;
  const body = key === own ? { ...said, ...watched.where() } : said;
  const answer = await fetch(report, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrf },
    body: JSON.stringify(body),
    keepalive,
  });
  if (answer.status === 429 || answer.status >= 500 || answer.redirected) throw new Error("later");
  // What the server took, or will never take, goes; what came meanwhile stays, whichever tab sent.
  const now = kept(key);
  const stretches = without(now?.stretches, said.stretches);
  const watched = without(now?.watched, said.watched);
  keep(key, stretches.length || watched.length ? { ...record, stretches, watched } : null);
  return key === own && answer.ok ? answer.json() : null;
}

function without(all = [], sent = []) {
  const gone = new Set(sent.map(({ kind, verb, offset }) => `${kind ?? verb} ${offset}`));
  return all.filter(({ kind, verb, offset }) => !gone.has(`${kind ?? verb} ${offset}`));
}

let sending = false;
export async function report({ keepalive = false } = {}) {
  tick();
  close();
  if (sending || elsewhere) return;
  sending = true;
  const unsent = document.querySelector("[data-unsent]");
  try {
    for (const key of new Set([own, ...keys(PREFIX)])) {
      const record = kept(key) ?? ownRecord();
      const said = await send(key, record, keepalive);
      if (said) show(said);
    }
    if (unsent) unsent.hidden = true;
  } catch {
    if (unsent && kept(own)) unsent.hidden = false;
  } finally {
    sending = false;
  }
}

function show(said) {
  const time = document.querySelector("[data-time]");
  if (time) time.textContent = said.text;
  document.dispatchEvent(new CustomEvent("player:reported", { detail: said }));
  if (said.elsewhere && !elsewhere) {
    elsewhere = true;
    const note = document.getElementById("taken-over")?.content.firstElementChild.cloneNode(true);
    document.querySelector("[data-unit]")?.before(note);
    document.dispatchEvent(new CustomEvent("player:elsewhere"));
  }
}

export function watch(film) {
  Object.assign(watched, film);
}

setInterval(tick, TICK);
setInterval(() => report(), REPORT_EVERY);
addEventListener("online", () => report());
addEventListener("pagehide", () => report({ keepalive: true }));
document.addEventListener("visibilitychange", () => report({ keepalive: document.visibilityState === "hidden" }));
report();
