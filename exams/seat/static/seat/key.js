// The opening code: kept from before, or the server's at T-0, or what somebody reads to the candidate.

import { parseCode } from "./unseal.js";
import { pause, spread } from "./words.js";

const RETRY_MS = [1000, 2000, 4000, 8000, 15_000];
const TICK_MS = 250;

// One question to the server: the code, or in how many milliseconds to ask again; `isLost` when it is silent.
async function ask({ base, clock, sender }) {
  const began = performance.now();
  try {
    const response = await fetch(`${base}key`, { signal: AbortSignal.timeout?.(10_000) });
    const reply = await response.json();
    if (reply.key) return { code: reply.key };
    if (reply.error === "too_early") {
      sender.onNews(clock.learn({ now: reply.now, starts: reply.opens, paused: clock.paused }, (began + performance.now()) / 2));
      return { again: 0 };
    }
    // What else there is to know (closed, paused, opened elsewhere) the heartbeat says in full.
    sender.kick();
    return { again: reply.retry_ms ?? 0, isLost: response.status >= 500 };
  } catch {
    return { again: 0, isLost: true };
  }
}

// Return the code of the paper {key_at, starts, form}, as soon as there is one.
export async function askForKey(paper, session, room) {
  const { clock, kept } = session;
  const before = await kept.get("code");
  if (before) return before;
  // The server spreads the moments at which machines ask; when the start moves, so do they.
  const delay = Math.max(0, paper.key_at - paper.starts);
  const typed = room.typedCode(parseCode);
  for (let failures = 0; ;) {
    while ((clock.untilStart + delay > 0 || clock.paused) && !typed.code) {
      if (clock.untilStart <= 0) room.opening();
      await new Promise((resolve) => { setTimeout(resolve, TICK_MS); });
    }
    if (typed.code) return typed.code;
    const reply = await ask(session);
    if (reply.code) return reply.code;
    if (reply.isLost) room.offerTyping();
    const wait = Math.max(reply.again, reply.isLost ? spread(RETRY_MS[Math.min(failures++, 4)]) : spread(1000));
    await Promise.race([pause(wait), typed.promise]);
  }
}
