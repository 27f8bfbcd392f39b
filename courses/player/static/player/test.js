// A test keeps every answer by itself: on this device first, then on the server, which says so after its commit.

import { report } from "./evidence.js";
import { keep, keys, kept } from "./keeping.js";

const data = JSON.parse(document.getElementById("test-data").textContent);
const csrf = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
const words = document.getElementById("test-words").dataset;
const form = document.getElementById("test");
const prefix = `test-answers:${data.answers}:`;
const key = `${prefix}${data.attempt}`;
const AGAIN = 5000;

// Answers without an acknowledgement, by the place of the question: the option, and what the server had or may have
// of this device. An answer that it has from another one was given since, and stays.
const waiting = kept(key) ?? {};
const had = {};
const given = (place) => Number(form.querySelector(`input[name="q${place}"][checked]`)?.value ?? -1);
for (const [place, answer] of Object.entries(waiting)) {
  const input = form.querySelector(`input[name="q${place}"][value="${answer.option}"]`);
  if (input && answer.had?.includes(given(place))) {
    had[place] = answer.had;
    input.checked = true;
  } else {
    delete waiting[place];
  }
}
const remember = () => keep(key, Object.keys(waiting).length ? waiting : null);
remember();
// Tries that are over.
for (const old of keys(prefix)) if (old !== key) keep(old, null);

const said = new Map();
function say(places, word) {
  const news = places.filter((place) => said.get(place) !== word);
  const questions = news.map((place) => form.querySelector(`input[name="q${place}"]`).closest("fieldset"));
  for (const question of questions) question.querySelector("[data-state]").textContent = word;
  for (const place of news) said.set(place, word);
  // Who hears the page hears what became of an answer once, and not that it is on its way.
  if (news.length && [words.saved, words.waiting].includes(word)) {
    const names = questions.map((question) => question.dataset.name).join(", ");
    document.querySelector("[data-kept]").textContent = `${names}: ${word}`;
  }
}

function refuse(message) {
  const note = document.querySelector("[data-refused]");
  note.textContent = message;
  note.hidden = false;
}

let over = false;
// What is kept nowhere nobody shall answer.
function stop() {
  over = true;
  for (const each of form.elements) each.disabled = true;
}
document.addEventListener("player:elsewhere", stop);

let sending = false;
async function send() {
  const places = Object.keys(waiting);
  if (sending || over || !places.length) return;
  sending = true;
  const answers = Object.fromEntries(places.map((place) => [place, waiting[place].option]));
  for (const place of places) waiting[place].had = had[place] = [...new Set([...had[place], answers[place]])];
  remember();
  say(places.filter((place) => said.get(place) !== words.waiting), words.sending);
  try {
    const answer = await fetch(data.answers, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrf },
      body: JSON.stringify({ attempt: data.attempt, answers }),
    });
    if (answer.ok && !answer.redirected) {
      const receipt = await answer.json();
      for (const place of places) {
        had[place] = [answers[place]];
        if (waiting[place].option === answers[place]) delete waiting[place];
        else waiting[place].had = had[place];
      }
      say(places.filter((place) => !(place in waiting)), words.saved);
      remember();
      setClock(receipt.seconds);
    } else if (answer.status === 429 || answer.status >= 500 || answer.redirected) {
      throw new Error("later");
    } else {
      const { error, message } = await answer.json();
      stop();
      say(places, "");
      // Of another device the page hears with its next report, and offers to go on here.
      if (error === "session_taken") report();
      else refuse(message);
    }
  } catch {
    say(places, words.waiting);
    setTimeout(send, AGAIN);
  } finally {
    sending = false;
  }
  if (Object.keys(waiting).some((place) => waiting[place].option !== answers[place])) send();
}

form.addEventListener("change", ({ target }) => {
  if (target.type !== "radio") return;
  const place = target.name.slice(1);
  had[place] ??= [given(place)];
  waiting[place] = { option: Number(target.value), had: had[place] };
  said.delete(place);
  remember();
  send();
});
addEventListener("online", send);

let ends = null;
function setClock(seconds) {
  if (seconds !== null) ends = performance.now() + seconds * 1000;
}
const SAID_AT = [300, 60];
// The form may have to wait for a connection, and is submitted again.
let ending = false;
function tick() {
  if (ends === null || over) return;
  const left = Math.max(0, Math.round((ends - performance.now()) / 1000));
  const text = words.left.replace("{time}", `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`);
  document.querySelector("[data-clock]").textContent = text;
  if (SAID_AT.includes(left)) document.querySelector("[data-clock-said]").textContent = text;
  if (left === 0 && !ending) {
    ending = true;
    setTimeout(() => { ending = false; }, AGAIN);
    const submit = form.querySelector('button[value="submit"]');
    if (!form.elements.anyway) {
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "anyway", value: "1" }));
    }
    form.requestSubmit(submit);
  }
}

setClock(data.seconds);
tick();
setInterval(tick, 1000);
send();
