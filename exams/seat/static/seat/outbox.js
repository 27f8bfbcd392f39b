// The answers made on this device, kept in IndexedDB before they are sent. A record is
// {sitting, generation, seq, kind, item, choice, flag, ms, acked}; kind is "answer" or "submit".

import { committed, settled } from "./store.js";

const KEY = ["sitting", "generation", "seq"];

export class Outbox {
  #database;

  // `database` is null where there is none: records then live only in the page.
  constructor(database) {
    this.#database = database;
  }

  get isDurable() {
    return this.#database !== null;
  }

  // All records of a sitting, oldest generation first, in order of their numbers.
  async read(sitting) {
    if (!this.isDurable) return [];
    const store = this.#database.transaction("entries").objectStore("entries");
    return settled(store.getAll(IDBKeyRange.bound([sitting], [sitting, []])));
  }

  async put(records) {
    await this.#write((store) => records.forEach((record) => store.put(record)));
  }

  async remove(records) {
    await this.#write((store) => records.forEach((record) => store.delete(KEY.map((part) => record[part]))));
  }

  // A browser may lose its disk while the exam goes on; then the page still holds what it has to send.
  async #write(change) {
    if (!this.isDurable) return;
    try {
      const transaction = this.#database.transaction("entries", "readwrite", { durability: "strict" });
      change(transaction.objectStore("entries"));
      await committed(transaction);
    } catch {
      this.#database = null;
    }
  }
}
