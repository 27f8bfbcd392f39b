// Sends the newest state of an item, one at a time. A state that was not acknowledged is kept on this device until
// it is; of several that wait only the newest matters, since each is whole.
import { Busy, Refused } from "./portal.js";

const PAUSE_MS = 1000;
const FIRST_RETRY_MS = 2000;
const LONGEST_RETRY_MS = 30_000;

export class Queue {
  #portal;
  #launch;
  #sequence;
  #acknowledged;
  #pending = null;
  #sending = null;
  #timer = null;
  #retry = FIRST_RETRY_MS;
  #leaving = false;
  #over = false;
  // A message without an answer may have arrived: the next receipt says of it that nothing changed.
  #isInDoubt = false;
  // Whoever wants to read what the portal answers.
  heard = () => {};

  constructor(portal, { launch, sequence }) {
    this.#portal = portal;
    this.#launch = launch;
    this.#sequence = this.#acknowledged = sequence;
    addEventListener("pagehide", () => this.#leave());
    // Back from the browser's memory, or a tab that was only hidden.
    addEventListener("pageshow", () => {
      this.#leaving = false;
    });
    addEventListener("online", () => this.#schedule(0));
  }

  put(state) {
    this.#sequence += 1;
    this.#pending = {
      launch: this.#launch,
      sequence: this.#sequence,
      after: this.#acknowledged,
      state,
    };
    this.#portal.keep(this.#pending);
    if (this.#leaving) {
      this.#leave();
    } else {
      this.#portal.tell("status", { status: "sending" });
      this.#schedule(0);
    }
  }

  async flush() {
    await this.#sending;
    clearTimeout(this.#timer);
    this.#timer = null;
    await this.#send();
  }

  #schedule(wait) {
    if (this.#timer === null && this.#sending === null && !this.#over) {
      this.#timer = setTimeout(() => {
        this.#timer = null;
        this.#send();
      }, wait);
    }
  }

  async #send() {
    if (this.#over || this.#sending !== null || this.#pending === null) {
      return;
    }
    this.#sending = this.#exchange(this.#pending);
    const wait = await this.#sending;
    this.#sending = null;
    if (this.#pending !== null) {
      this.#schedule(wait);
    }
  }

  // Return how many milliseconds to wait before the next message.
  async #exchange(state) {
    try {
      const receipt = await this.#portal.commit(state);
      this.#retry = FIRST_RETRY_MS;
      this.heard(receipt);
      this.#portal.tell("progress", { changed: receipt.unit !== null || this.#isInDoubt });
      this.#isInDoubt = false;
      this.#acknowledged = receipt.sequence;
      this.#sequence = Math.max(this.#sequence, receipt.sequence);
      this.#portal.forget(state);
      this.#pending = this.#pending === state ? null : { ...this.#pending, after: receipt.sequence };
      this.#portal.tell("status", { status: this.#pending === null ? "saved" : "sending" });
      return PAUSE_MS;
    } catch (error) {
      if (error instanceof Refused) {
        this.#over = true;
        this.#portal.refused(error);
        return 0;
      }
      this.#isInDoubt = true;
      this.#portal.tell("status", { status: "kept" });
      this.#retry = Math.min(this.#retry * 2, LONGEST_RETRY_MS);
      return error instanceof Busy ? error.wait : this.#retry;
    }
  }

  #leave() {
    this.#leaving = true;
    if (!this.#over && this.#pending !== null) {
      this.#portal.commitLast(this.#pending);
    }
  }
}
