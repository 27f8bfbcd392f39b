// The head of the page: the clock, whether answers are saved, what needs attention, and the pause.

import { fill, spell } from "./words.js";

const byId = (id) => document.getElementById(id);
const SHORT_MS = 300_000;
const NEWS_MS = 60_000;

export class Notices {
  #text;
  #warned = new Set();
  #newsTimer = 0;

  constructor(text) {
    this.#text = text;
    document.documentElement.classList.add("scripted");
    // Escape would close a dialog that only the room may close.
    byId("pause").addEventListener("cancel", (event) => event.preventDefault());
  }

  status(state, words) {
    byId("status").dataset.state = state;
    byId("status").textContent = words;
  }

  // Say something that needs attention; "" takes it back.
  alert(words) {
    if (byId("alert").textContent !== words) byId("alert").textContent = words;
  }

  offerReturn(path, words) {
    const link = Object.assign(document.createElement("a"), { href: path, textContent: words });
    byId("alert").append(" ", link);
  }

  // Tell good news without interrupting; it stays readable for a minute.
  tell(words) {
    clearTimeout(this.#newsTimer);
    byId("news").textContent = words;
    this.#newsTimer = setTimeout(() => { byId("news").textContent = ""; }, NEWS_MS);
  }

  // Show the milliseconds left until the end, or until the start while `isWaiting`.
  tick(left, { isWaiting = false } = {}) {
    const label = isWaiting ? this.#text.opensIn : this.#text.left;
    if (byId("clock-label").textContent !== label) byId("clock-label").textContent = label;
    byId("clock-left").textContent = spell(left);
    byId("clock").toggleAttribute("data-short", !isWaiting && left <= SHORT_MS);
    if (isWaiting) return;
    const seconds = Math.ceil(left / 1000);
    for (const minutes of [15, 5, 1]) {
      if (seconds > minutes * 60 || seconds <= (minutes - 1) * 60 || this.#warned.has(minutes)) continue;
      this.#warned.add(minutes);
      byId("announce").textContent = fill(this.#text.minutesLeft, { minutes });
    }
  }

  // Say what an answer of the server changed about the clock.
  clockNews({ resumed, moved, extra }, clock) {
    const minutes = Math.round(extra / 60_000);
    if (resumed) this.tell(this.#text.resumed);
    else if (moved && clock.untilStart > 0) this.tell(fill(this.#text.moved, { time: this.timeOf(clock.starts) }));
    else if (extra >= 1000) {
      this.tell(minutes ? fill(this.#text.extraMinutes, { minutes }) : fill(this.#text.extraSeconds, { seconds: Math.round(extra / 1000) }));
      // What was said about the end is no longer true.
      this.#warned.clear();
    }
  }

  // Cover the paper while the clock stands still.
  cover(isPaused, left) {
    const dialog = byId("pause");
    if (isPaused) byId("pause-left").textContent = spell(left);
    if (isPaused === dialog.open) return;
    if (isPaused) dialog.showModal();
    else dialog.close();
  }

  // A time of the server as it is written in Thailand, whatever the device is set to.
  timeOf(ms) {
    const format = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Bangkok", hour: "2-digit", minute: "2-digit" });
    const [hour, minute] = format.format(ms).split(":");
    return fill(this.#text.time, { hour, minute });
  }
}
