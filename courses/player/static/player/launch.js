// The portal's side of a package: shows whether it is saved and keeps what is not, counts what was done in it, keeps its
// contents up to date, follows where it leads, and gives it a moment to send its last word before the page is left.
import { report, sign } from "./evidence.js";

const stage = document.getElementById("package");
const full = document.getElementById("package-full");
const frame = document.getElementById("package-frame");
const line = document.getElementById("package-status");
const said = document.getElementById("package-said");
// Only where rules of the package decide what opens: then the server is asked for every way.
const ways = document.getElementById("package-go");
// Where this device keeps what the server has not acknowledged.
const place = `player:${stage.dataset.place}`;
// Whether the page may show something else than the server knows. It was made before the lesson began.
let isStale = true;
const LAST_WORD_MS = 4000;
const LONGEST_SIGN_MS = 300_000;

const answers = {
  status({ status }) {
    line.textContent = line.dataset[status] ?? "";
    stage.dataset.status = status;
    // Content is saved every few seconds. Who hears the page hears when it no longer is, and when it is again.
    if (status === "kept" || (status === "saved" && said.textContent)) {
      said.textContent = line.textContent;
    }
  },
  kept() {
    frame.contentWindow.postMessage({ player: "kept", state: kept() }, stage.dataset.origin);
  },
  keep({ state }) {
    try {
      localStorage.setItem(place, JSON.stringify(state));
    } catch {
      // No room: the state is in the memory of the lesson only, and is sent from there.
    }
  },
  // Another window of the same lesson may have kept something newer.
  forget({ launch, sequence }) {
    const state = kept();
    if (state && state.launch === launch && state.sequence <= sequence) {
      localStorage.removeItem(place);
    }
  },
  // Content keeps its place again and again, and the contents of a long package take the server a second.
  progress({ changed }) {
    isStale ||= changed;
    if (isStale) {
      refreshContents();
    }
  },
  sign({ kind, lasts }) {
    if (["interaction", "playback"].includes(kind) && lasts >= 0 && lasts <= LONGEST_SIGN_MS) {
      sign(kind, lasts);
    }
  },
  ended() {
    stage.dataset.ended = "true";
  },
  // The window in which content ran was closed; to open it again takes a page that begins anew.
  left() {
    const again = () => leave(() => location.reload());
    if (navigator.onLine) {
      again();
    } else {
      addEventListener("online", again, { once: true });
    }
  },
  height({ height }) {
    // Content that flows has the height it needs, as long as that is one.
    if (height > 0 && height < 20000) {
      frame.style.height = `${Math.ceil(height) + 2}px`;
    }
  },
  refused({ message }) {
    const box = document.getElementById("package-refused");
    document.getElementById("package-refusal").textContent = message || box.dataset.failed;
    box.hidden = false;
    line.textContent = "";
    frame.remove();
    box.scrollIntoView();
  },
  go({ wish, target }) {
    if (ways) {
      follow(wish, target);
      return;
    }
    const links = {
      continue: () => document.getElementById("package-next"),
      previous: () => document.getElementById("package-before"),
      choice: () => linkTo(target),
      jump: () => linkTo(target),
    };
    const link = links[wish] ? links[wish]() : document.querySelector(".unit-ways a:not([rel])");
    if (link) {
      leaveFor(link.href);
    }
  },
};

function kept() {
  try {
    return JSON.parse(localStorage.getItem(place));
  } catch {
    return null;
  }
}

function linkTo(item) {
  const links = [...stage.querySelectorAll("a[href^='?item=']")];
  return links.find((link) => new URL(link.href).searchParams.get("item") === item);
}

addEventListener("message", (event) => {
  if (frame && event.source === frame.contentWindow && event.origin === stage.dataset.origin) {
    answers[event.data?.player]?.(event.data);
  }
});

// What changes with what was reached. Where nothing did, nothing moves; what had the focus has it again.
const FRESH = "#unit-state, #package-contents, #package-ways, #package-done";
function renew(page) {
  const focused = document.activeElement?.id;
  for (const old of document.querySelectorAll(FRESH)) {
    const fresh = page.getElementById(old.id);
    // Not under a finger: what is pressed must stay until it is let go.
    if (fresh && !fresh.isEqualNode(old) && !old.querySelector(":active")) {
      old.replaceWith(fresh);
    }
  }
  if (focused && document.activeElement?.id !== focused) {
    document.getElementById(focused)?.focus();
  }
}

// What talks to the record store says nothing here; the server knows with the next report.
let wasCompleted = null;
document.addEventListener("player:reported", ({ detail }) => {
  if (detail.completed && wasCompleted === false) {
    refreshContents();
  }
  wasCompleted = detail.completed;
});

let refreshing = null;
let isToBeRefreshed = false;
async function refreshContents() {
  isToBeRefreshed = refreshing !== null;
  if (refreshing) {
    return;
  }
  refreshing = fetch(stage.dataset.contents, { headers: { Accept: "text/html" } });
  try {
    const reply = await refreshing;
    if (reply.ok) {
      renew(new DOMParser().parseFromString(await reply.text(), "text/html"));
      isStale = false;
    }
  } catch {
    // Without a connection the contents stay as they are; the status line says so.
  } finally {
    refreshing = null;
  }
  if (isToBeRefreshed) {
    refreshContents();
  }
}

// Leave once the package has said that everything is sent, or after a moment.
let isLeaving = false;
function leave(go) {
  if (isLeaving) {
    return;
  }
  isLeaving = true;
  setTimeout(go, LAST_WORD_MS);
  if (!frame?.isConnected) {
    report().finally(go);
    return;
  }
  addEventListener("message", (event) => {
    if (event.source === frame.contentWindow && event.data?.player === "closed") {
      report().finally(go);
    }
  });
  frame.contentWindow.postMessage({ player: "close" }, stage.dataset.origin);
}

// The page says that another device goes on; what the package said of it before is said twice.
document.addEventListener("player:elsewhere", () => {
  document.getElementById("package-refused").hidden = true;
  frame?.remove();
  line?.replaceChildren();
});

function leaveFor(address) {
  leave(() => location.assign(address));
}

// Ask the server for a way: the lesson says its last word first, for that may open what comes next.
function follow(wish, target = "") {
  const request = document.createElement("input");
  request.type = "hidden";
  request.name = "request";
  request.value = wish;
  ways.append(request);
  ways.elements.to.value = target;
  leave(() => ways.submit());
}

ways?.addEventListener("submit", (event) => {
  event.preventDefault();
  follow(event.submitter.value);
});

if (full && frame.requestFullscreen) {
  full.hidden = false;
  full.addEventListener("click", () => frame.requestFullscreen());
}

document.getElementById("main").addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (link && isPlain && !link.target && !link.getAttribute("href").startsWith("#")) {
    event.preventDefault();
    leaveFor(link.href);
  }
});
