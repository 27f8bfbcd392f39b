// What a reload without network needs of one sitting: the sealed paper ("bundle"), its key once it is
// open ("code"), and the server's time as last heard ("clock"). Without a database it lasts as long as the page.

import { committed, settled } from "./store.js";

export class Kept {
  #database;
  #sitting;
  #memory = new Map();

  constructor(database, sitting) {
    this.#database = database;
    this.#sitting = sitting;
  }

  async get(name) {
    try {
      const store = this.#database.transaction("kept").objectStore("kept");
      return (await settled(store.get([this.#sitting, name]))) ?? null;
    } catch {
      return this.#memory.get(name) ?? null;
    }
  }

  async put(name, value) {
    this.#memory.set(name, value);
    await this.#write((store) => store.put(value, [this.#sitting, name]));
  }

  // The paper of whoever sat here before is not for this person's eyes.
  async forgetOthers() {
    await this.#write((store) => {
      store.delete(IDBKeyRange.upperBound([this.#sitting], true));
      store.delete(IDBKeyRange.lowerBound([this.#sitting, []], true));
    });
  }

  async forget() {
    this.#memory.clear();
    await this.#write((store) => store.delete(IDBKeyRange.bound([this.#sitting], [this.#sitting, []])));
  }

  async #write(change) {
    try {
      const transaction = this.#database.transaction("kept", "readwrite");
      change(transaction.objectStore("kept"));
      await committed(transaction);
    } catch { /* then a reload needs the network */ }
  }
}
