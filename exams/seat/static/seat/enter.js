// The entry page with scripts: a lost connection leads to another try, never to the browser's error page.

import { fill, pause } from "./words.js";

const data = JSON.parse(document.getElementById("seat-data").textContent);
const form = document.getElementById("enter");
const [number, code, button] = [form.elements.number, form.elements.code, form.querySelector("button")];
const RETRY_MS = [1000, 2000, 4000, 8000];

function say(words, field) {
  const line = document.createElement("p");
  line.textContent = words;
  document.getElementById("problem").replaceChildren(...(words ? [line] : []));
  for (const input of [number, code]) {
    if (input === field) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
  field?.focus();
  field?.select();
}

// The reply, or null where there was none and another try may help.
async function knock() {
  try {
    const response = await fetch(form.action, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ number: number.value, code: code.value, nonce: form.elements.nonce.value }),
    });
    const reply = await response.json();
    return response.status >= 500 ? { again: reply.retry_ms ?? 0 } : reply;
  } catch {
    return { again: 0 };
  }
}

async function enter() {
  for (let failures = 0; ; failures++) {
    const reply = await knock();
    if (reply.path) {
      location.assign(reply.path);
      return;
    }
    if (!("again" in reply)) {
      const words = data.refusals[reply.error] ?? data.refusals.unavailable;
      say(fill(words, { left: reply.left }), data.aboutTheNumber.includes(reply.error) ? number : code);
      return;
    }
    say(data.refusals.unavailable);
    const wait = Math.max(reply.again, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
    await pause(wait);
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const empty = [number, code].find((input) => !input.value.trim());
  if (empty) {
    say(data.refusals.malformed, empty);
    return;
  }
  button.disabled = true;
  await enter();
  button.disabled = false;
});

// Thai letters in the code mean that the keyboard is switched to Thai; Thai digits are welcome.
code.addEventListener("input", () => {
  document.getElementById("thai").textContent = /[\u0e01-\u0e4f]/.test(code.value) ? data.thaiKeyboard : "";
});
document.documentElement.classList.add("scripted");
