// The answers made on this device, kept in IndexedDB before they are sent. A record is
// {sitting, generation, seq, kind, item, choice, flag, ms, acked}; kind is "answer" or "submit".

const KEY = ["sitting", "generation", "seq"];

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function committed(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}

export class Outbox {
  #database = null;

  // Open the store. Where the browser has none (some private modes), records live only in the page.
  async open() {
    try {
      const request = indexedDB.open("seat", 1);
      request.onupgradeneeded = () => request.result.createObjectStore("entries", { keyPath: KEY });
      this.#database = await settled(request);
    } catch {
      this.#database = null;
    }
    return this.isDurable;
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
