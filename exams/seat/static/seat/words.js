// Small things that every part of the page needs: sentences, durations, waiting.

// Put values into the %(name)s places of a sentence that the server has translated.
export function fill(text, values) {
  return text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);
}

// Write a duration in milliseconds as h:mm:ss or m:ss.
export function spell(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return (parts[0] ? parts : parts.slice(1)).map((part, n) => (n ? String(part).padStart(2, "0") : part)).join(":");
}

// Spread what a whole room would otherwise do at one moment.
export const spread = (ms) => ms * (0.75 + Math.random() / 2);

export const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, spread(ms)); });
