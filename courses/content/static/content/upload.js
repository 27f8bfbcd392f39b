// Uploads the file of the form around it in pieces (tus 1.0), so that a lost connection, a reload or a server
// that was killed costs one piece at most. Without this script the form sends the file as forms do.

import { begin, send, Refused } from "./tus.js";

const part = document.getElementById("upload");
const form = part.closest("form");
const field = form.querySelector("input[type=file]");
const data = JSON.parse(document.getElementById("upload-data").textContent);
const panel = part.querySelector("[data-running]");
const bar = panel.querySelector("progress");
const [label, said] = [panel.querySelector("label"), panel.querySelector("[role=status]")];
const submit = form.querySelector("[type=submit]");
const button = (name) => panel.querySelector(`[data-${name}]`);
const headers = {
  "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value,
  "Tus-Resumable": "1.0.0",
};
const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
let running = null;
let url = null;
let announced = "";
let isBusy = false;

function say(name, values = {}) {
  const text = Object.entries(values).reduce(
    (words, [key, value]) => words.replaceAll(`%(${key})s`, number.format(value)),
    data.words[name] ?? name,
  );
  // A screen reader is told at every tenth part, not at every packet.
  const step = `${name}${Math.floor((values.percent ?? 0) / 10)}`;
  said.setAttribute("aria-live", step === announced ? "off" : "polite");
  announced = step;
  said.textContent = text.replaceAll("%%", "%");
}

function showProgress(name, done, total) {
  const percent = total ? Math.floor((done / total) * 100) : 0;
  bar.value = total ? (done / total) * 1000 : 0;
  say(name, { percent, done: done / 2 ** 20, total: total / 2 ** 20 });
}

function showButtons(...names) {
  for (const name of ["pause", "resume", "cancel"]) button(name).hidden = !names.includes(name);
}

function forget(address) {
  data.waiting = data.waiting.filter((each) => each.url !== address);
  if (url === address) url = null;
}

async function upload(file) {
  isBusy = true;
  running = new AbortController();
  showButtons("pause", "cancel");
  try {
    const metadata = { filename: file.name, destination: data.destination, key: data.key };
    url ??=
      data.waiting.find((each) => each.name === file.name && each.size === file.size)?.url ??
      (await begin(file, data.endpoint, { headers, metadata }));
    // What goes on is no longer waiting for it.
    part.querySelector(`[data-upload="${url.split("/").at(-2)}"]`)?.remove();
    await send(file, url, {
      headers,
      signal: running.signal,
      onProgress: (done) => showProgress("uploading", done, file.size),
      onWaiting: () => say("waiting"),
    });
    await follow();
  } catch (error) {
    if (error.name === "AbortError") return;
    // What never began, or has ended, has nothing to go on with: it is sent once more, or another file is.
    if (error.isTheEnd) forget(url);
    showButtons(...(url ? ["resume", "cancel"] : []));
    submit.hidden = Boolean(url);
    if (!url) submit.focus();
    say(error instanceof Refused && error.message ? error.message : "failed");
  } finally {
    isBusy = false;
  }
}

async function follow() {
  showButtons();
  say("checking");
  for (;;) {
    const state = await fetch(url, { headers }).then((response) => response.json()).catch(() => ({}));
    if (state.status === "done") return location.assign(state.address);
    if (state.status === "failed" || state.error) throw new Refused(500, state.message);
    if (state.total) showProgress("unpacking", state.done, state.total);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

form.addEventListener("submit", (event) => {
  const [file] = field.files;
  if (!file) return;
  event.preventDefault();
  if (isBusy) return;
  label.textContent = file.name;
  panel.hidden = false;
  showButtons();
  if (file.size > data.most) return say("tooLarge");
  upload(file);
  submit.hidden = true;
  button("pause").focus();
});

// Another file is another upload; what came of the first waits for a day.
field.addEventListener("change", () => {
  running?.abort();
  url = null;
  panel.hidden = true;
  submit.hidden = false;
});

button("pause").addEventListener("click", () => {
  running.abort();
  showButtons("resume", "cancel");
  say("paused", { percent: Math.floor(bar.value / 10) });
  button("resume").focus();
});

button("resume").addEventListener("click", () => {
  upload(field.files[0]);
  button("pause").focus();
});

button("cancel").addEventListener("click", async () => {
  running.abort();
  if (url) await fetch(url, { method: "DELETE", headers });
  location.reload();
});

for (const drop of part.querySelectorAll("[data-drop]")) {
  drop.hidden = false;
  drop.addEventListener("click", async () => {
    await fetch(drop.dataset.drop, { method: "DELETE", headers });
    forget(drop.dataset.drop);
    drop.parentElement.remove();
    field.focus();
  });
}
