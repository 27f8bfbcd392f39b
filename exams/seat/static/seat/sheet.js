// What this device knows of the sitting's journal: pure bookkeeping, no network, no page.

// As the choice of a submission, here and in the journal: time was over.
export const AT_END = 1;

export class Sheet {
  // `data` is what the server wrote into the page, `records` what this device kept (see outbox.js).
  constructor(data, records) {
    this.sitting = data.sitting;
    this.generation = data.generation;
    this.nextSeq = data.nextSeq;
    this.answers = new Map();
    this.records = [];
    for (const [item, choice, flag, ms] of data.sheet) this.answers.set(item, { choice, flag, ms });
    this.stale = records.filter((record) => record.generation !== data.generation);
    for (const record of records.filter((kept) => kept.generation === data.generation)) {
      // The server's page may be older than what was kept (it is, when it came from the cache offline).
      if (record.seq < data.nextSeq) record.acked = true;
      this.records.push(record);
      this.#apply(record);
      this.nextSeq = Math.max(this.nextSeq, record.seq + 1);
    }
  }

  // Answers that an earlier opening on this device could not send, where nothing newer is known. Made
  // anew under this opening's numbers; the old records are then the caller's to remove.
  adopt() {
    const adopted = [];
    for (const { kind, item, choice, flag, ms, acked } of this.stale) {
      if (acked || kind !== "answer" || (this.answers.get(item)?.ms ?? -1) >= ms) continue;
      adopted.push(this.change(item, { choice, flag }, ms));
    }
    return adopted;
  }

  get(item) {
    return this.answers.get(item) ?? { choice: 0, flag: false, ms: 0 };
  }

  get answered() {
    return [...this.answers.values()].filter((answer) => answer.choice).length;
  }

  get flagged() {
    return [...this.answers.values()].filter((answer) => answer.flag).length;
  }

  get pending() {
    return this.records.filter((record) => !record.acked);
  }

  get isSubmitted() {
    return this.records.some((record) => record.kind === "submit");
  }

  // Record a change and return its record; `change` has choice, flag or both.
  change(item, change, ms) {
    const { choice, flag } = { ...this.get(item), ...change };
    return this.#add({ kind: "answer", item, choice, flag, ms });
  }

  // `atEnd`: the page hands in because time is over, which the server checks by its own clock.
  submit(ms, atEnd) {
    return this.#add({ kind: "submit", item: 0, choice: atEnd ? AT_END : 0, flag: false, ms });
  }

  // The server has stored everything of ours up to `seq`; return the records that this settles.
  acknowledge(seq) {
    const settled = this.pending.filter((record) => record.seq <= seq);
    for (const record of settled) record.acked = true;
    return settled;
  }

  // Number what is unsent from `seq` on; return [records under their old numbers, under their new].
  renumber(seq) {
    const moved = this.pending;
    const before = moved.map((record) => ({ ...record }));
    this.nextSeq = seq;
    for (const record of moved) record.seq = this.nextSeq++;
    return [before, moved];
  }

  // The server lacks entries from `seq` on although they were acknowledged once: they are unsent again.
  reopen(seq) {
    for (const record of this.records) if (record.seq >= seq) record.acked = false;
  }

  drop(record) {
    this.records = this.records.filter((other) => other !== record);
  }

  #add(change) {
    const { sitting, generation } = this;
    const record = { sitting, generation, seq: this.nextSeq++, ...change, acked: false };
    this.records.push(record);
    this.#apply(record);
    return record;
  }

  #apply({ kind, item, choice, flag, ms }) {
    if (kind === "answer") this.answers.set(item, { choice, flag, ms });
  }
}
