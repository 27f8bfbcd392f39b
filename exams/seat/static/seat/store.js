// The one IndexedDB of the exam day: "entries" holds answers (outbox.js), "kept" what a reload needs (kept.js).

export function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export function committed(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}

// Return the database, or null where the browser has none (some private modes).
export async function openStore() {
  try {
    const request = indexedDB.open("seat", 2);
    request.onupgradeneeded = ({ oldVersion }) => {
      if (oldVersion < 1) request.result.createObjectStore("entries", { keyPath: ["sitting", "generation", "seq"] });
      if (oldVersion < 2) request.result.createObjectStore("kept");
    };
    const database = await settled(request);
    // A newer page in another tab must not wait for this one.
    database.onversionchange = () => database.close();
    return database;
  } catch {
    return null;
  }
}
