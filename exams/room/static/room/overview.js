// A centre by room, or a round by centre: puts the numbers that the poll brings where they stand on the page.
// Nothing is drawn anew, so whoever is on a link stays on it, and a table stays where it was scrolled to.
import { Poll } from "./poll.js";
import { ANNOUNCE_MS, byId, letHold, put, sayFresh, sayTrouble, since } from "./words.js";

const data = JSON.parse(byId("overview-data").textContent);
const number = new Intl.NumberFormat(data.numbers);
const lines = new Map([...document.querySelectorAll("[data-line]")].map((row) => [Number(row.dataset.line), row]));
let silent = [];
// What the page itself said already; a call that comes between the page and its first poll is announced too.
let called = new Map([...lines].map(([pk, row]) => [pk, Number(row.dataset.calls)]));
let pending = new Set();
let announceAt = 0;

function drawNumber(cell, n) {
  put(cell, number.format(n));
  cell.classList.toggle("text-body-secondary", !n);
}

function drawLine([pk, calls, seats, ...states]) {
  const row = lines.get(pk);
  if (!row) return false;
  const [tag, ...cells] = row.querySelectorAll("[data-cell]");
  tag.hidden = !calls;
  row.querySelector("[data-none]").hidden = calls > 0;
  put(tag.firstElementChild, data.text.calls.replace("%(n)s", number.format(calls)));
  [...states, seats].forEach((n, index) => drawNumber(cells[index], n));
  return true;
}

function drawSilent(now) {
  const body = byId("silent").tBodies[0];
  const rows = new Map([...body.rows].map((row) => [Number(row.dataset.silent), row]));
  silent.forEach(([pk, room, who, where, state, sinceMs, answered], index) => {
    const row = rows.get(pk) ?? byId("silent-line").content.firstElementChild.cloneNode(true);
    rows.delete(pk);
    row.dataset.silent = pk;
    const [head, ...cells] = row.cells;
    head.firstElementChild.href = data.seatUrl.replace(/0\/seats\/0\/$/, `${room}/seats/${pk}/`);
    put(head.firstElementChild, who);
    const texts = [where, data.states[state], since(sinceMs, now, data.text), number.format(answered)];
    texts.forEach((text, column) => put(cells[column], text));
    if (body.rows[index] !== row) body.insertBefore(row, body.rows[index] ?? null);
  });
  for (const row of rows.values()) row.remove();
  byId("silent").hidden = !silent.length;
  byId("nobody-silent").hidden = silent.length > 0;
}

function announce(found) {
  const calls = new Map(found.map(([pk, n]) => [pk, n]));
  for (const [pk, n] of calls) if (n > (called.get(pk) ?? 0)) pending.add(pk);
  called = calls;
  if (!pending.size || performance.now() < announceAt) return;
  const names = [...pending].map((pk) => lines.get(pk)?.querySelector("th").textContent.trim() ?? pk);
  put(byId("announce"), data.text.announce.replace("%(seats)s", names.join(", ")));
  pending = new Set();
  announceAt = performance.now() + ANNOUNCE_MS;
}

function tick(now) {
  sayFresh(now, data.text);
  drawSilent(now);
}

function show(found, now) {
  const areHere = found.lines.map(drawLine);
  const [, , , ...states] = found.whole;
  [...byId("whole").querySelectorAll("dd")].forEach((place, index) => put(place, number.format(states[index])));
  silent = found.silent;
  announce(found.lines);
  tick(now);
  if (areHere.includes(false)) sayTrouble("moved", data.text);
}

const poll = new Poll(data, { show, tick, trouble: (kind) => sayTrouble(kind, data.text) });
poll.round();
letHold(poll, data.text);
