// Sends what is unsent, one request at a time and in order, until the server has it, and says that this
// machine is alive. `onState(state, detail)` is told: saved, sending, kept, full, ahead, closed, late,
// superseded, refused; `onNews(news)` what changed about the clock (see Clock.learn).

import { AT_END } from "./sheet.js";
import { spread } from "./words.js";

const BATCH = 200;
const BEAT_MS = 60_000;
const TIMEOUT_MS = 10_000;
const RETRY_MS = [1000, 2000, 4000, 8000, 15_000];
// The clock stands still or has not begun: what was answered is kept, and goes when it runs.
const HELD = new Set(["paused", "too_early"]);
const NOT_OURS = new Set(["not_on_form", "malformed"]);

export class Sender {
  #base;
  #clock;
  #sheet;
  #outbox;
  #status;
  #timer = 0;
  #isBusy = false;
  #failures = 0;
  #told = 0;
  #isStopped = false;

  constructor(base, { clock, sheet, outbox, status }) {
    this.#base = base;
    this.#clock = clock;
    this.#sheet = sheet;
    this.#outbox = outbox;
    this.#status = status;
    this.onState = () => {};
    this.onNews = () => {};
  }

  // Send now, unless something is under way (what is new then goes with the next request).
  async kick() {
    clearTimeout(this.#timer);
    if (this.#isBusy || this.#isStopped) return;
    this.#isBusy = true;
    const reply = await this.#exchange();
    this.#isBusy = false;
    if (this.#isStopped) return;
    if (!reply) {
      // Spread the returns of a whole room whose network came back at one moment, and never come back
      // sooner than the server asked.
      const wait = spread(RETRY_MS[Math.min(this.#failures++, RETRY_MS.length - 1)]);
      this.#again(Math.max(wait, this.#told));
      this.onState("kept");
      return;
    }
    this.#failures = 0;
    const isHeld = HELD.has(reply.error);
    if (this.#sheet.pending.length && !isHeld) return this.kick();
    this.#again(reply.beat ?? BEAT_MS);
    this.onState(isHeld ? "kept" : "saved");
  }

  #again(ms) {
    this.#timer = setTimeout(() => this.kick(), ms);
  }

  // One request and what follows from its reply; null when there was none worth the name.
  async #exchange() {
    const pending = this.#sheet.pending;
    const isSubmit = pending[0]?.kind === "submit";
    const answers = pending.slice(0, BATCH).filter((record) => record.kind === "answer");
    if (pending.length) this.onState("sending");
    const body = isSubmit
      ? { seq: pending[0].seq, client_ms: pending[0].ms, at_end: pending[0].choice === AT_END }
      : {
          entries: answers.map(({ seq, item, choice, flag, ms }) => [seq, item, choice, flag, ms]),
          status: this.#status.report(this.#sheet, pending.length - answers.length, this.#outbox.isDurable),
        };
    const reply = await this.#post(isSubmit ? "submit" : "entries", body);
    if (reply) await this.#digest(reply, pending[0]);
    return reply;
  }

  async #post(action, body) {
    const began = performance.now();
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), TIMEOUT_MS);
    this.#told = 0;
    try {
      const response = await fetch(this.#base + action, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
        signal: patience.signal,
      });
      if (response.status >= 500 || response.status === 429) {
        this.#told = 1000 * Number(response.headers.get("Retry-After") ?? 0);
        this.#told = (await response.json()).retry_ms ?? this.#told;
        return null;
      }
      const reply = await response.json();
      if (reply.now) this.onNews(this.#clock.learn(reply, (began + performance.now()) / 2));
      return reply;
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  async #digest(reply, first) {
    const sheet = this.#sheet;
    if (reply.acked) await this.#outbox.put(sheet.acknowledge(reply.acked));
    const { error } = reply;
    if (error === "sequence_gap") {
      sheet.reopen(reply.next_seq);
      if (sheet.pending[0]?.seq !== reply.next_seq) await this.#renumber(reply.next_seq);
    } else if (error === "sequence_conflict") {
      await this.#renumber(reply.next_seq);
    } else if (NOT_OURS.has(error)) {
      // No control of the page makes such an entry. Without it, the rest can go.
      const refused = sheet.pending[0] ?? first;
      if (!refused) return this.#stop("refused");
      await this.#drop([refused], reply.next_seq ?? refused.seq);
    } else if (error === "deadline_ahead") {
      // Extra time that this page had not heard of: it is not over yet.
      await this.#drop([first], reply.next_seq);
      this.onState("ahead");
    } else if (error === "journal_full") {
      // No answer fits any more, but the submission does.
      const refused = sheet.pending.filter((record) => record.kind === "answer");
      await this.#drop(refused, reply.next_seq);
      this.onState("full", refused.length);
    } else if (error === "deadline_passed" || error === "closed") {
      this.#stop("late", sheet.pending.filter((record) => record.kind === "answer").length);
    } else if (reply.closed) {
      this.#stop("closed", reply.receipt ?? 0);
    } else if (error && !HELD.has(error)) {
      this.#stop(error === "superseded" ? "superseded" : "refused");
    }
  }

  async #drop(records, seq) {
    records.forEach((record) => this.#sheet.drop(record));
    await this.#outbox.remove(records);
    await this.#renumber(seq);
  }

  async #renumber(seq) {
    const [before, after] = this.#sheet.renumber(seq);
    await this.#outbox.remove(before);
    await this.#outbox.put(after);
  }

  #stop(state, detail) {
    this.#isStopped = true;
    this.onState(state, detail);
  }
}
