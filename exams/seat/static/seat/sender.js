// Sends what is unsent, one request at a time and in order, until the server has it. Keeps the server's
// time. Calls `onState(state, detail)` with: saved, sending, kept, closed, late, superseded, refused.

const BATCH = 200;
const HEARTBEAT_MS = 60_000;
const TIMEOUT_MS = 10_000;
const RETRY_MS = [1000, 2000, 4000, 8000, 15_000];

export class Sender {
  #base;
  #sheet;
  #outbox;
  #onState;
  #timer = 0;
  #isBusy = false;
  #failures = 0;
  #isStopped = false;
  // Server time = this device's steady clock + offset, whatever its calendar says.
  #offset;

  constructor({ base, now, deadline }, sheet, outbox, onState) {
    this.#base = base;
    this.#sheet = sheet;
    this.#outbox = outbox;
    this.#onState = onState;
    this.deadline = deadline;
    this.#offset = now - performance.now();
  }

  // Milliseconds until the deadline by the server's clock.
  get left() {
    return this.deadline - performance.now() - this.#offset;
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
      const wait = RETRY_MS[Math.min(this.#failures++, RETRY_MS.length - 1)];
      this.#onState("kept");
      // Spread the returns of a whole room whose network came back at one moment.
      this.#timer = setTimeout(() => this.kick(), wait * (0.75 + Math.random() / 2));
      return;
    }
    this.#failures = 0;
    if (this.#sheet.pending.length) return this.kick();
    this.#onState("saved");
    this.#timer = setTimeout(() => this.kick(), HEARTBEAT_MS);
  }

  // One request and what follows from its reply; null when there was none worth the name.
  async #exchange() {
    const pending = this.#sheet.pending.slice(0, BATCH);
    const isSubmit = pending[0]?.kind === "submit";
    const answers = pending.filter((record) => record.kind === "answer");
    if (pending.length) this.#onState("sending");
    const body = isSubmit
      ? { seq: pending[0].seq, client_ms: pending[0].ms }
      : { entries: answers.map(({ seq, item, choice, flag, ms }) => [seq, item, choice, flag, ms]) };
    const reply = await this.#post(isSubmit ? "submit" : "entries", body);
    if (reply) await this.#digest(reply, pending[0]);
    return reply;
  }

  async #post(action, body) {
    const began = performance.now();
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), TIMEOUT_MS);
    try {
      const response = await fetch(this.#base + action, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
        signal: patience.signal,
      });
      if (response.status >= 500 || response.status === 429) return null;
      const reply = await response.json();
      if (reply.now) {
        this.#offset = reply.now - (began + performance.now()) / 2;
        this.deadline = reply.deadline;
      }
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
    if (reply.error === "sequence_gap") {
      sheet.reopen(reply.next_seq);
      if (sheet.pending[0]?.seq !== reply.next_seq) await this.#renumber(reply.next_seq);
    } else if (reply.error === "sequence_conflict") {
      await this.#renumber(reply.next_seq);
    } else if (reply.error === "not_on_form" || reply.error === "malformed") {
      // No control of the page makes such an entry. Without it, the rest can go.
      const refused = sheet.pending[0] ?? first;
      sheet.drop(refused);
      await this.#outbox.remove([refused]);
      await this.#renumber(reply.next_seq ?? refused.seq);
    } else if (reply.error === "deadline_passed" || reply.error === "closed") {
      this.#stop("late", sheet.pending.filter((record) => record.kind === "answer").length);
    } else if (reply.closed) {
      this.#stop("closed");
    } else if (reply.error) {
      this.#stop(reply.error === "superseded" ? "superseded" : "refused");
    }
  }

  async #renumber(seq) {
    const [before, after] = this.#sheet.renumber(seq);
    await this.#outbox.remove(before);
    await this.#outbox.put(after);
  }

  #stop(state, detail) {
    this.#isStopped = true;
    this.#onState(state, detail);
  }
}
