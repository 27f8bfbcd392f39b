// The room console: draws what the poll brings into the plan, the table, the counts and the list of calls.
import { Poll } from "./poll.js";
import { ANNOUNCE_MS, byId, letHold, put, sayFresh, sayTrouble, since } from "./words.js";
import "./dialogue.js";

const data = JSON.parse(document.getElementById("console-data").textContent);
const SILENT = new Set(["silent", "offline"]);

let last = null;
let called = new Set([...document.querySelectorAll(".plan [data-attention]")].flatMap((seat) =>
  seat.dataset.attention === "0" ? [] : [Number(seat.dataset.seat)]));
let pending = new Set();
let announceAt = 0;

function words([, state, answered, sinceMs], now) {
  const label = data.states[state];
  if (sinceMs && SILENT.has(state)) return `${label} ${since(sinceMs, now, data.text)}`;
  return data.counted.includes(state) ? `${label} ${answered}` : label;
}

function markWords([mark, number]) {
  return number ? `${data.marks[mark]}: ${number}` : data.marks[mark];
}

function drawSeat(seat, now) {
  const [pk, state, , , marks, attention] = seat;
  for (const place of document.querySelectorAll(`[data-seat="${pk}"]`)) {
    place.dataset.state = state;
    place.dataset.attention = attention;
    put(place.querySelector(".words"), words(seat, now));
    put(place.querySelector(".marks"), marks.map(markWords).join(", "));
    put(place.querySelector(".call"), attention ? data.calls[attention] : "");
  }
}

function drawCalls(seats, now) {
  const calling = seats.filter((seat) => seat[5]).sort((a, b) => b[5] - a[5]);
  const list = byId("calls");
  // Whoever is on a link of the list stays on it.
  const focused = document.activeElement?.closest("#calls li")?.dataset.call;
  list.replaceChildren(...calling.map((seat) => {
    const [pk, , , , marks, attention] = seat;
    const item = document.createElement("li");
    item.dataset.attention = attention;
    item.dataset.call = pk;
    const link = document.createElement("a");
    link.href = data.seatUrl.replace(/0\/$/, `${pk}/`);
    link.textContent = data.seats[pk] ?? pk;
    const call = document.createElement("strong");
    call.textContent = data.calls[attention];
    const rest = [words(seat, now), ...marks.map(markWords)].join(", ");
    item.append(link, " ", call, `: ${rest}`);
    return item;
  }));
  if (!calling.length) {
    const item = document.createElement("li");
    item.textContent = data.text.fine;
    list.append(item);
  }
  if (focused) list.querySelector(`[data-call="${focused}"] a`)?.focus();
}

function announce(seats) {
  const calling = new Set(seats.filter((seat) => seat[5]).map((seat) => seat[0]));
  for (const pk of calling) if (!called.has(pk)) pending.add(pk);
  pending = new Set([...pending].filter((pk) => calling.has(pk)));
  called = calling;
  if (!pending.size || performance.now() < announceAt) return;
  const labels = [...pending].map((pk) => data.seats[pk] ?? pk).join(", ");
  put(byId("announce"), data.text.announce.replace("%(seats)s", labels));
  pending.clear();
  announceAt = performance.now() + ANNOUNCE_MS;
}

function tick(now) {
  sayFresh(now, data.text);
  if (!last) return;
  const silent = last.seats.filter((seat) => SILENT.has(seat[1]));
  for (const seat of silent) drawSeat(seat, now);
  if (silent.length) drawCalls(last.seats, now);
  announce(last.seats);
}

function show({ seats, counts }, now) {
  last = { seats };
  for (const seat of seats) drawSeat(seat, now);
  for (const [state, n] of Object.entries(counts)) put(document.querySelector(`[data-count="${state}"]`), String(n));
  drawCalls(seats, now);
  tick(now);
  // Somebody was moved in or out: the plan itself is another one now.
  if (seats.length !== Object.keys(data.places).length || seats.some((seat) => data.places[seat[0]] !== seat[6])) {
    trouble("moved");
  }
}

const trouble = (kind) => sayTrouble(kind, data.text);
const poll = new Poll(data, { show, tick, trouble });
poll.start();
letHold(poll, data.text);

// The same seat is ticked in the plan and in the table.
const picks = [...document.querySelectorAll("#seats .pick")];
document.getElementById("seats").addEventListener("change", ({ target }) => {
  if (!target.matches(".pick")) return;
  for (const pick of picks) if (pick.value === target.value) pick.checked = target.checked;
});
const all = byId("all");
if (all) {
  all.hidden = false;
  all.addEventListener("click", () => {
    const checked = picks.some((pick) => !pick.checked);
    for (const pick of picks) pick.checked = checked;
  });
}
