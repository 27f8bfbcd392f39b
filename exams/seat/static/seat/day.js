// The exam day in one page: wait with the sealed paper on the device, open it at T-0, then the exam.

import { runExam } from "./exam.js";
import { fetchBundle } from "./bundle.js";
import { askForKey } from "./key.js";
import { Notices } from "./notices.js";
import { keepForOffline } from "./offline.js";
import { drawPaper } from "./paper.js";
import { keepClock, openSession, pageData } from "./session.js";
import { Altered, canUnseal, unseal, WrongCode } from "./unseal.js";
import { WaitingRoom } from "./waiting.js";
import { pause } from "./words.js";

const AGAIN_MS = 60_000;
const RETRY_MS = [1000, 2000, 4000, 8000, 15_000];

// Which bundle, and when to ask for its key: {bundle, sha256, size, form, starts, key_at}, from the server
// or from this device.
async function paperOf({ base, kept }) {
  for (let failures = 0; ; failures++) {
    const known = await kept.get("paper");
    if (known) return known;
    try {
      const response = await fetch(`${base}paper`);
      if (response.ok) await kept.put("paper", await response.json());
      else await pause(RETRY_MS[4]);
    } catch {
      await pause(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
    }
  }
}

// Fetch the bundle until there is one that is what was sealed.
async function bundleOf(paper, { kept, status, sender }, room) {
  const on = {
    progress: (bytes) => room.progress(bytes, paper.size),
    trouble: () => room.paper("trouble"),
    altered: () => room.paper("altered"),
  };
  for (;;) {
    try {
      const bundle = await fetchBundle(paper, kept, on);
      room.paper("ready");
      // The room is told at once: it looks at who has none shortly before the start.
      const isNews = !status.hasPaper;
      status.hasPaper = true;
      if (isNews) sender.kick();
      return bundle;
    } catch (error) {
      if (!(error instanceof Altered)) throw error;
      room.paper("refused");
      status.hasPaper = false;
      await pause(AGAIN_MS);
    }
  }
}

// Ask for the key until one opens the paper; return what was sealed.
async function open(session, room) {
  const paper = await paperOf(session);
  const bundle = await bundleOf(paper, session, room);
  for (;;) {
    const code = await askForKey(paper, session, room);
    try {
      const contents = await unseal(bundle, code, paper.form);
      await session.kept.put("code", code);
      return contents;
    } catch (error) {
      if (!(error instanceof WrongCode || error instanceof Altered)) throw error;
      await session.kept.put("code", null);
      room.wrongCode(error);
      await pause(1000);
    }
  }
}

async function start() {
  const session = await openSession(pageData());
  const { clock, sender, kept, text } = session;
  const notices = new Notices(text);
  const room = new WaitingRoom(session, notices);
  if (!session.isAlone) {
    room.leave(text.otherTab);
    return;
  }
  await kept.forgetOthers();
  sender.onState = (state) => room.state(state);
  sender.onNews = (news) => {
    notices.clockNews(news, clock);
    keepClock(session);
    room.tick();
  };
  // A machine that gets its paper from the server in the end waits for none.
  session.status.hasPaper = !session.data.isSealed || !canUnseal || Boolean(await kept.get("bundle"));
  sender.kick();
  window.addEventListener("online", () => sender.kick());
  keepForOffline();
  if (!session.data.isSealed || !canUnseal) {
    // The server shows the paper once it is open.
    await room.untilOpen();
    location.replace(session.data.isSealed ? "?plain" : location.pathname);
    return;
  }
  const contents = await open(session, room);
  drawPaper(contents);
  room.close();
  notices.tell(text.opened);
  runExam(session, notices).focus();
}

start();
