// The exam flow: an answer is kept on the device, then sent, and the candidate sees which of the two holds.

import { fill } from "./words.js";
import { keepClock } from "./session.js";
import { View, chosenBefore } from "./view.js";

// The end of time comes to a whole country at one moment; what was answered before it is taken for longer.
const END_SPREAD_MS = 5000;
const SLEPT_MS = 2000;

// Run the exam on the paper that stands in the page. `notices` is the head of the page.
export function runExam(session, notices) {
  const { data, text, sheet, outbox, clock, sender } = session;
  let view = null;
  let timer = 0;
  const leave = (words) => {
    clearInterval(timer);
    view.lock();
    notices.cover(false);
    notices.tell("");
    notices.status("stopped", "");
    notices.alert(words);
    notices.offerReturn(data.returnPath, text.back);
  };
  const states = {
    saved: () => {
      notices.status("saved", text.saved);
      if (!isFull) notices.alert(outbox.isDurable ? "" : text.memory);
    },
    sending: () => notices.status("sending", text.sending),
    kept: () => {
      notices.status("kept", clock.paused ? text.heldBack : text.kept);
      if (sheet.isSubmitted) notices.alert(text.submitOffline);
    },
    full: () => {
      isFull = true;
      view.lock({ keepSubmit: true });
      notices.alert(text.full);
    },
    ahead: () => {
      view.unlock();
      notices.alert("");
    },
    // A whole country hands in within a minute: the server says when this page's receipt has its turn.
    closed: (ms) => {
      view.lock();
      notices.alert(text.submitted);
      setTimeout(() => location.reload(), ms);
    },
    late: (count) => {
      view.lock();
      notices.alert(`${text.timeOver} ${count ? fill(text.late, { count }) : ""}`);
      setTimeout(() => location.reload(), 5000);
    },
    superseded: () => leave(text.superseded),
    refused: () => leave(text.tokenInvalid),
  };
  let isFull = false;
  sender.onState = (state, detail) => states[state](detail);
  sender.onNews = (news) => {
    notices.clockNews(news, clock);
    keepClock(session);
    tick();
  };
  const submit = async ({ atEnd }) => {
    if (sheet.isSubmitted) return;
    view.lock();
    notices.alert(text.submitting);
    await outbox.put([sheet.submit(Date.now(), atEnd)]);
    setTimeout(() => sender.kick(), atEnd ? Math.random() * END_SPREAD_MS : 0);
  };
  let apart = Date.now() - performance.now();
  const tick = () => {
    // A device that slept has stopped its steady clock: ask the server for the time.
    const drift = Date.now() - performance.now();
    if (Math.abs(drift - apart) > SLEPT_MS) sender.kick();
    apart = drift;
    notices.tick(clock.left);
    notices.cover(clock.paused > 0 && !sheet.isSubmitted, clock.left);
    if (clock.left > 0 || sheet.isSubmitted) return;
    if (clock.isSure) submit({ atEnd: true });
    // By the device's calendar alone nothing is handed in: it may be wrong.
    notices.alert(text.timeOver);
  };
  const change = async (item, made) => {
    notices.status("sending", text.sending);
    await outbox.put([sheet.change(item, made, Date.now())]);
    sender.kick();
  };
  const early = chosenBefore();
  view = new View(text, sheet, { onSubmit: () => submit({ atEnd: false }), onChange: change });
  if (!session.isAlone) {
    leave(text.otherTab);
    return view;
  }
  if (sheet.isSubmitted) view.lock();
  else if (clock.left > 0) for (const [item, made] of early) change(item, made);
  view.refresh();
  tick();
  timer = setInterval(tick, 500);
  window.addEventListener("online", () => sender.kick());
  document.addEventListener("visibilitychange", () => document.hidden || sender.kick());
  sender.kick();
  return view;
}
