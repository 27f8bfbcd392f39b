// The waiting room: who sits here, when the paper opens, whether it is on this machine, and the hand entry
// of the opening code when the network is away.

import { Altered } from "./unseal.js";
import { fill } from "./words.js";

const byId = (id) => document.getElementById(id);
// How the connection stands, by what the sender says.
const LINES = { saved: "connected", kept: "disconnected" };
const STOPPED = { superseded: "superseded", refused: "tokenInvalid" };

export class WaitingRoom {
  #session;
  #notices;
  #text;
  #timer;
  #share = -1;

  constructor(session, notices) {
    this.#session = session;
    this.#notices = notices;
    this.#text = session.text;
    this.#timer = setInterval(() => this.tick(), 500);
    this.#wirePractice();
    this.tick();
  }

  tick() {
    const { clock } = this.#session;
    this.#notices.tick(clock.untilStart, { isWaiting: true });
    byId("opens-at").textContent = this.#notices.timeOf(clock.starts);
    this.#notices.cover(clock.paused > 0, clock.left);
  }

  // What the sender says about the connection and the sitting.
  state(state) {
    if (state in LINES) this.#notices.status(state, this.#text[LINES[state]]);
    else if (state in STOPPED) this.leave(this.#text[STOPPED[state]]);
    else if (state === "closed" || state === "late") location.reload();
  }

  // How far the sealed paper has come, in bytes. Said aloud by tens of percent only.
  progress(bytes, size) {
    byId("progress-bar").value = bytes / size;
    const share = Math.min(100, Math.floor((10 * bytes) / size) * 10);
    if (share === this.#share) return;
    this.#share = share;
    this.#paper("loading", fill(this.#text.paperLoading, { percent: share }));
  }

  // The sealed paper is: trouble, altered, refused, ready.
  paper(state) {
    const words = { trouble: "paperTrouble", altered: "paperAltered", refused: "paperRefused", ready: "paperReady" };
    this.#paper(state, this.#text[words[state]]);
    if (state === "refused") this.#notices.alert(this.#text.paperRefused);
    else if (state === "ready") this.#notices.alert("");
  }

  #paper(state, words) {
    byId("paper-state").dataset.state = state;
    byId("paper-words").textContent = words;
    byId("progress-bar").hidden = state !== "loading";
  }

  // T-0 is here; the key comes within a minute, and nobody loses time by it.
  opening() {
    if (byId("opening").textContent !== this.#text.opening) byId("opening").textContent = this.#text.opening;
  }

  // The server is silent: the code that the invigilator has opens the paper too.
  offerTyping() {
    byId("opening").textContent = "";
    byId("hand").hidden = false;
  }

  // Return what will be typed: `code` once it is there, and a promise of it. `parse` finds typing mistakes.
  typedCode(parse) {
    const input = byId("hand-code");
    const typed = { code: "" };
    const check = () => {
      try {
        parse(input.value);
        return { words: this.#text.codeRight, isRight: true };
      } catch (error) {
        return { words: this.#wordsOf(error), isRight: false, why: error.why };
      }
    };
    // While somebody is typing only what cannot become right is called wrong.
    input.oninput = () => {
      const { words, isRight, why } = check();
      const isDone = isRight || why !== "length" || input.value.trim() === "";
      const count = input.value.replace(/[\s\-‐‑–]/g, "").length;
      this.#hint(isDone ? words : fill(this.#text.codeCount, { count }), isRight || why === "length");
    };
    typed.promise = new Promise((resolve) => {
      byId("hand").onsubmit = (event) => {
        event.preventDefault();
        const { words, isRight } = check();
        this.#hint(words, isRight);
        if (!isRight) {
          input.focus();
          return;
        }
        typed.code = input.value;
        resolve();
      };
    });
    return typed;
  }

  #hint(words, isRight) {
    byId("hand-state").textContent = words;
    byId("hand-code").toggleAttribute("aria-invalid", !isRight);
  }

  #wordsOf({ why, values }) {
    const names = { thai: "codeThai", letter: "codeLetter", length: "codeLength", check: "codeCheck", wrong: "codeWrong" };
    return fill(this.#text[names[why]], values);
  }

  // The code that was used did not open the paper.
  wrongCode(error) {
    const words = error instanceof Altered ? this.#text.paperRefused : this.#wordsOf(error);
    this.#notices.alert(words);
    if (!byId("hand").hidden) this.#hint(words, false);
  }

  // Resolve when the paper may be shown.
  async untilOpen() {
    const { clock } = this.#session;
    while (clock.untilStart > 0 || clock.paused) await new Promise((resolve) => { setTimeout(resolve, 500); });
    this.opening();
    await new Promise((resolve) => { setTimeout(resolve, Math.random() * this.#session.data.spread); });
  }

  leave(words) {
    this.#notices.status("stopped", "");
    this.#notices.alert(words);
    this.#notices.offerReturn(this.#session.data.returnPath, this.#text.back);
    clearInterval(this.#timer);
  }

  // The paper takes the place of the waiting room.
  close() {
    clearInterval(this.#timer);
    this.#notices.alert("");
    byId("waiting").remove();
    byId("main").hidden = false;
    byId("skip").hidden = false;
  }

  #wirePractice() {
    const form = byId("practice");
    form?.addEventListener("submit", (event) => event.preventDefault());
    form?.addEventListener("click", ({ target }) => {
      if (target.dataset.clear) form.elements[`a${target.dataset.clear}`].forEach((radio) => { radio.checked = false; });
    });
  }
}
