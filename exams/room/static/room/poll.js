// Ask what is new, with the pass that the page came with: a room every two seconds, more than a room every second.

const EVERY_MS = 2000;
const PATIENCE_MS = 6000;

export class Poll {
  // `show(reply, now)` on a change, `tick(now)` otherwise, `trouble("stale" | "ended" | "")`.
  constructor(data, { show, tick, trouble }) {
    Object.assign(this, { data, show, tick, trouble });
    this.heardAt = performance.now();
    this.skew = data.now - performance.timeOrigin - performance.now();
    this.renewAt = performance.now() + data.passSeconds * 500;
    this.everyMs = data.everyMs ?? EVERY_MS;
    this.held = false;
  }

  start() {
    this.timer = setTimeout(() => this.round(), this.everyMs);
  }

  hold(held) {
    this.held = held;
    if (!held) this.round();
  }

  async round() {
    clearTimeout(this.timer);
    if (this.held) return;
    try {
      await this.ask();
      this.heardAt = performance.now();
      this.trouble("");
    } catch (error) {
      if (error.message === "ended") return this.trouble("ended");
      if (performance.now() - this.heardAt > PATIENCE_MS) this.trouble("stale");
    }
    this.timer = setTimeout(() => this.round(), this.everyMs);
  }

  async ask() {
    if (performance.now() > this.renewAt) await this.renew();
    const headers = { authorization: `Bearer ${this.data.pass}`, "if-none-match": this.data.etag };
    const reply = await fetch(this.data.liveUrl, { headers, cache: "no-store", signal: AbortSignal.timeout(5000) });
    if (reply.status === 401) return this.renew();
    if (reply.status !== 304 && !reply.ok) throw new Error("refused");
    const now = Number(reply.headers.get("x-now"));
    if (reply.status === 304) return this.tick(now);
    const found = await reply.json();
    this.data.etag = reply.headers.get("etag");
    this.show(found, now);
  }

  async renew() {
    const reply = await fetch(this.data.passUrl, { redirect: "manual", cache: "no-store" });
    // Signed out, or relieved of the duty; anything else may pass.
    if (reply.type === "opaqueredirect" || reply.status === 403) throw new Error("ended");
    if (!reply.ok) throw new Error("refused");
    this.data.pass = (await reply.json()).pass;
    this.renewAt = performance.now() + this.data.passSeconds * 500;
  }
}
