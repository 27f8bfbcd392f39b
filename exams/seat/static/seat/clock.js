// The server's time and this sitting's clock, as last heard. Times are epoch milliseconds of the server;
// in between, the device's steady clock counts, whatever its calendar says.

export class Clock {
  #offset;

  // `isSure`: the server has told the time since this page was loaded.
  constructor({ now, starts, deadline, paused }, isSure) {
    this.#offset = now - performance.now();
    Object.assign(this, { starts, deadline, paused, isSure });
  }

  // The clock for a page: a page from the cache is old, so what was kept and the device's calendar must do
  // until the server answers.
  static async open(data, kept) {
    const last = (await kept.get("clock")) ?? data;
    if (!("kept" in document.documentElement.dataset)) return new Clock(data, true);
    return new Clock({ ...data, ...last, now: "skew" in last ? Date.now() - last.skew : data.now }, false);
  }

  get now() {
    return performance.now() + this.#offset;
  }

  get untilStart() {
    return this.starts - this.now;
  }

  // Milliseconds of exam time left; it stands still during a pause.
  get left() {
    return this.deadline - (this.paused ? Math.max(this.paused, this.starts) : this.now);
  }

  // Take over a reply that was under way at `midpoint` of the steady clock; return what changed:
  // {paused, resumed, moved} as booleans and `extra` in milliseconds.
  learn({ now, starts = this.starts, deadline = this.deadline, paused = 0 }, midpoint) {
    const { starts: oldStarts, deadline: oldDeadline, paused: oldPaused } = this;
    this.#offset = now - midpoint;
    Object.assign(this, { starts, deadline, paused, isSure: true });
    const news = {
      paused: paused > 0 && !oldPaused,
      resumed: oldPaused > 0 && !paused,
      moved: starts !== oldStarts,
      extra: 0,
    };
    // A resumed or moved clock shifts the deadline without giving anything.
    if (!news.resumed && !news.moved) news.extra = Math.max(0, deadline - oldDeadline);
    return news;
  }

  // What Clock.open needs after a reload without network.
  get record() {
    const { starts, deadline, paused } = this;
    return { starts, deadline, paused, skew: Date.now() - this.now };
  }
}
