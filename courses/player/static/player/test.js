// A test keeps every answer by itself: on this device first, then on the server, which says so after its commit.

const data = JSON.parse(document.getElementById("test-data").textContent);
const csrf = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
const words = document.getElementById("test-words").dataset;
const form = document.getElementById("test");
const key = `test-answers:${data.answers}:${data.attempt}`;
const AGAIN = 5000;

let waiting = {};
try {
  waiting = JSON.parse(localStorage.getItem(key)) ?? {};
} catch {
  // Without storage answers wait on the page alone.
}
function remember() {
  try {
    if (Object.keys(waiting).length) localStorage.setItem(key, JSON.stringify(waiting));
    else localStorage.removeItem(key);
  } catch {
    // As above.
  }
}

function say(places, word) {
  for (const place of places) {
    const state = form.querySelector(`input[name="q${place}"]`)?.closest("fieldset").querySelector("[data-state]");
    if (state) state.textContent = word;
  }
}

function refuse(message) {
  const note = document.querySelector("[data-refused]");
  note.textContent = message;
  note.hidden = false;
}

let sending = false;
let over = false;
async function send() {
  const answers = { ...waiting };
  const places = Object.keys(answers);
  if (sending || over || !places.length) return;
  sending = true;
  say(places, words.sending);
  try {
    const answer = await fetch(data.answers, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrf },
      body: JSON.stringify({ attempt: data.attempt, answers }),
    });
    if (answer.ok && !answer.redirected) {
      const said = await answer.json();
      for (const place of places) if (waiting[place] === answers[place]) delete waiting[place];
      say(places.filter((place) => !(place in waiting)), words.saved);
      remember();
      setClock(said.seconds);
    } else if (answer.status === 429 || answer.status >= 500 || answer.redirected) {
      throw new Error("later");
    } else {
      over = true;
      say(places, "");
      refuse((await answer.json()).message);
    }
  } catch {
    say(places, words.waiting);
    setTimeout(send, AGAIN);
  } finally {
    sending = false;
  }
  if (Object.keys(waiting).some((place) => waiting[place] !== answers[place])) send();
}

form.addEventListener("change", ({ target }) => {
  if (target.type !== "radio") return;
  waiting[target.name.slice(1)] = Number(target.value);
  remember();
  send();
});
addEventListener("online", send);
// The form takes all answers along; what waited has arrived with it.
form.addEventListener("submit", () => {
  over = true;
  try {
    localStorage.removeItem(key);
  } catch {
    // As above.
  }
});

let ends = null;
function setClock(seconds) {
  if (seconds !== null) ends = performance.now() + seconds * 1000;
}
const SAID_AT = [300, 60];
function tick() {
  if (ends === null || over) return;
  const left = Math.max(0, Math.round((ends - performance.now()) / 1000));
  const text = words.left.replace("{time}", `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`);
  document.querySelector("[data-clock]").textContent = text;
  if (SAID_AT.includes(left)) document.querySelector("[data-clock-said]").textContent = text;
  if (left === 0) {
    const submit = form.querySelector('button[value="submit"]');
    const anyway = Object.assign(document.createElement("input"), { type: "hidden", name: "anyway", value: "1" });
    form.append(anyway);
    form.requestSubmit(submit);
  }
}

for (const [place, option] of Object.entries(waiting)) {
  const input = form.querySelector(`input[name="q${place}"][value="${option}"]`);
  if (input) input.checked = true;
}
setClock(data.seconds);
tick();
setInterval(tick, 1000);
send();
