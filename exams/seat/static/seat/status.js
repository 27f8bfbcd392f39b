// What the room sees of this machine, told with every message.

function count(name, step) {
  try {
    const value = Number(sessionStorage.getItem(name) ?? 0) + step;
    sessionStorage.setItem(name, String(value));
    return value;
  } catch {
    return step;
  }
}

// A reload hides the page too, for less than this.
const GONE_MS = 500;

export class Status {
  // False while the sealed paper that this page needs is not here.
  hasPaper = true;
  #loads;
  #left;

  // `onLeave` is called when the candidate has gone to another window or tab.
  constructor(sitting, onLeave) {
    this.#loads = count(`seat-loads-${sitting}`, 1);
    this.#left = count(`seat-left-${sitting}`, 0);
    let timer = 0;
    document.addEventListener("visibilitychange", () => {
      clearTimeout(timer);
      if (!document.hidden) return;
      timer = setTimeout(() => {
        this.#left = count(`seat-left-${sitting}`, 1);
        onLeave();
      }, GONE_MS);
    });
  }

  // [client_ms, answered, flagged, unsent, loads, left, durable, paper]; `unsent` stays behind after this message.
  report(sheet, unsent, isDurable) {
    const machine = [this.#loads, this.#left, isDurable, this.hasPaper];
    return [Date.now(), sheet.answered, sheet.flagged, unsent, ...machine];
  }
}
