// What the run-time says to the portal's server, and to the portal's page around this one.

// Sent as text, which browsers let through without asking the server first.
const HEADERS = { "Content-Type": "text/plain;charset=UTF-8" };
// What browsers carry over the end of a page.
const MOST_KEPT_ALIVE = 60_000;
const LONGEST_WAIT_MS = 30_000;
const LONGEST_SILENCE_MS = 3000;

export class Refused extends Error {
  constructor(answer) {
    super(answer.message);
    this.code = answer.error;
  }
}

export class Busy extends Error {
  constructor(seconds) {
    super("busy");
    this.wait = seconds * 1000;
  }
}

export class Portal {
  #base;
  #secret;
  #origin;
  #last = [];

  constructor(base, secret) {
    this.#base = base;
    this.#origin = new URL(base).origin;
    this.#secret = secret;
  }

  open() {
    return this.#post("open", {});
  }

  commit(state) {
    return this.#post("commit", state);
  }

  // For a page that is going: nobody waits for an answer.
  commitLast(state) {
    navigator.sendBeacon(`${this.#base}commit`, JSON.stringify({ secret: this.#secret, ...state }));
  }

  async #post(what, message) {
    const body = JSON.stringify({ secret: this.#secret, ...message });
    const keepalive = body.length * 3 < MOST_KEPT_ALIVE;
    const reply = await fetch(`${this.#base}${what}`, { method: "POST", headers: HEADERS, body, keepalive });
    if (reply.ok) {
      return reply.json();
    }
    if (reply.status === 429 || reply.status >= 500) {
      throw new Busy(Number(reply.headers.get("Retry-After")) || 5);
    }
    throw new Refused(await reply.json());
  }

  // Try until it succeeds or is refused for good, waiting longer each time.
  async patiently(request) {
    for (let wait = 1000; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      try {
        return await request();
      } catch (error) {
        if (error instanceof Refused) {
          throw error;
        }
        this.tell("status", { status: "kept" });
        await new Promise((resolve) => {
          setTimeout(resolve, error instanceof Busy ? error.wait : wait);
          addEventListener("online", resolve, { once: true });
        });
      }
    }
  }

  tell(type, more = {}) {
    parent.postMessage({ player: type, ...more }, this.#origin);
  }

  // The page around keeps what was not acknowledged yet: browsers may give a frame no storage of its own.
  keep(state) {
    this.tell("keep", { state });
  }

  forget({ launch, sequence }) {
    this.tell("forget", { launch, sequence });
  }

  kept() {
    return new Promise((resolve) => {
      this.#hear("kept", ({ state }) => resolve(state));
      setTimeout(resolve, LONGEST_SILENCE_MS, null);
      this.tell("kept");
    });
  }

  refused(error) {
    this.tell("refused", { code: error.code ?? "failed", message: error.code ? error.message : "" });
  }

  // Before the page around leaves, it asks; what is given here is done first, in this order.
  beforeClose(step) {
    if (this.#last.push(step) === 1) {
      this.#hear("close", async () => {
        for (const each of this.#last) {
          await each();
        }
        this.tell("closed");
      });
    }
  }

  #hear(type, answer) {
    addEventListener("message", (event) => {
      if (event.origin === this.#origin && event.source === parent && event.data?.player === type) {
        answer(event.data);
      }
    });
  }
}
