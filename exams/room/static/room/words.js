// Words and small tools that the console and the overview share.

export const byId = (id) => document.getElementById(id);
// A screen reader hears of new calls together, no oftener than this.
export const ANNOUNCE_MS = 10_000;

export function put(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

export function since(ms, now, text) {
  const seconds = Math.max(0, Math.floor((now - ms) / 1000));
  const [words, n] = seconds < 120 ? [text.seconds, seconds] : [text.minutes, Math.floor(seconds / 60)];
  return words.replace("%(n)s", n);
}

export function sayFresh(now, text) {
  const at = new Date(now).toLocaleTimeString("th-TH-u-nu-latn", { timeZone: "Asia/Bangkok" });
  put(byId("fresh"), text.fresh.replace("%(at)s", at));
}

export function sayTrouble(kind, text) {
  const box = byId("stale");
  // That the page shows what is no longer so stays true while the connection comes and goes.
  if (!kind && box.dataset.kind === "moved") return;
  box.dataset.kind = kind;
  box.hidden = !kind;
  put(box, kind ? text[kind] : "");
}

// The button that keeps the page as it is, for who reads it line by line.
export function letHold(poll, text) {
  const hold = byId("hold");
  hold.hidden = false;
  hold.addEventListener("click", () => {
    const held = hold.getAttribute("aria-pressed") !== "true";
    hold.setAttribute("aria-pressed", String(held));
    if (held) put(byId("fresh"), text.paused);
    poll.hold(held);
  });
}
