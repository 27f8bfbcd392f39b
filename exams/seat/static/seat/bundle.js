// Fetch the sealed paper: on a bad line it goes on where it broke off, and only what has the right SHA-256
// is kept.

import { Altered, sha256 } from "./unseal.js";
import { pause } from "./words.js";

const RETRY_MS = [1000, 2000, 4000, 8000, 15_000, 30_000];
const SILENCE_MS = 20_000;
const [PARTIAL, BEHIND_THE_END] = [206, 416];

// Read what is missing behind `chunks`; throw when the line breaks.
async function receive(url, chunks, onBytes, cache) {
  let length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const patience = new AbortController();
  let timer = setTimeout(() => patience.abort(), SILENCE_MS);
  const headers = length ? { Range: `bytes=${length}-` } : {};
  try {
    const response = await fetch(url, { headers, cache, credentials: "omit", signal: patience.signal });
    if (response.status === BEHIND_THE_END) return;
    if (!response.ok) throw new Error(String(response.status));
    if (response.status !== PARTIAL) length = chunks.length = 0;
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => patience.abort(), SILENCE_MS);
      chunks.push(value);
      onBytes((length += value.length));
    }
  } finally {
    clearTimeout(timer);
  }
}

async function download(url, on, cache) {
  const chunks = [];
  for (let failures = 0; ; failures++) {
    try {
      await receive(url, chunks, on.progress, cache);
      return new Uint8Array(await new Blob(chunks).arrayBuffer());
    } catch {
      on.trouble();
      await pause(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
    }
  }
}

// Return the bytes of the bundle `paper` names ({bundle, sha256}), from this device when they are here.
// `on` has progress(bytes), trouble() and altered(). A copy that is not what was sealed is fetched once
// more, past every cache; then Altered is thrown.
export async function fetchBundle(paper, kept, on) {
  const here = await kept.get("bundle");
  if (here && (await sha256(here)) === paper.sha256) return here;
  if (here) on.altered();
  for (const cache of here ? ["reload"] : ["default", "reload"]) {
    const bytes = await download(paper.bundle, on, cache);
    if ((await sha256(bytes)) === paper.sha256) {
      await kept.put("bundle", bytes);
      return bytes;
    }
    on.altered();
  }
  throw new Altered();
}
