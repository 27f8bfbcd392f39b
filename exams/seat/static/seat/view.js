// The exam page as the candidate works it: one question or the list, navigator, keys, clock, messages.

const form = document.getElementById("paper");
const items = [...form.querySelectorAll(".item")];
const byId = (id) => document.getElementById(id);
const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);

export class View {
  #text;
  #sheet;
  #current = 0;
  #onChange;
  #warned = new Set();

  constructor(text, sheet, { onChange, onSubmit }) {
    this.#text = text;
    this.#sheet = sheet;
    this.#onChange = onChange;
    document.documentElement.classList.add("scripted");
    // Where there is room beside the paper, the navigator stands there open.
    byId("tools").open = matchMedia("(min-width: 75rem)").matches;
    this.#wireAnswers();
    this.#wireMoves();
    this.#wireKeys();
    this.#wireSubmit(onSubmit);
    this.show(Math.max(0, items.findIndex((item) => `#${item.id}` === location.hash)), { focus: false });
    this.refresh();
  }

  // Draw every answer, flag and mark of the navigator from the sheet.
  refresh() {
    for (const item of items) {
      const n = Number(item.dataset.n);
      const { choice, flag } = this.#sheet.get(n);
      for (const radio of form.elements[`a${n}`]) radio.checked = Number(radio.value) === choice;
      form.elements[`f${n}`].checked = flag;
      const link = document.querySelector(`#navigator a[data-n="${n}"]`);
      link.toggleAttribute("data-answered", choice > 0);
      link.toggleAttribute("data-flagged", flag);
      const state = [choice ? this.#text.answered : this.#text.unanswered, flag && this.#text.flagged];
      link.setAttribute("aria-label", `${n}: ${state.filter(Boolean).join(", ")}`);
    }
    const values = { answered: this.#sheet.answered, total: items.length };
    byId("progress").textContent = fill(this.#text.progress, values);
  }

  show(index, { focus = true } = {}) {
    this.#current = Math.min(Math.max(index, 0), items.length - 1);
    const isSingle = byId("one-by-one").checked;
    items.forEach((item, n) => { item.hidden = isSingle && n !== this.#current; });
    byId("previous").disabled = this.#current === 0;
    byId("next").disabled = this.#current === items.length - 1;
    for (const link of document.querySelectorAll("#navigator a")) {
      if (Number(link.dataset.n) === this.#current + 1) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
    }
    if (!focus) return;
    items[this.#current].focus({ preventScroll: true });
    items[this.#current].scrollIntoView({ block: "start" });
  }

  status(state, words) {
    byId("status").dataset.state = state;
    byId("status").textContent = words;
  }

  // Say something that needs attention; "" takes it back.
  alert(words) {
    if (byId("alert").textContent !== words) byId("alert").textContent = words;
  }

  offerReturn(path, words) {
    const link = Object.assign(document.createElement("a"), { href: path, textContent: words });
    byId("alert").append(" ", link);
  }

  tick(left) {
    const seconds = Math.max(0, Math.ceil(left / 1000));
    const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    const shown = (parts[0] ? parts : parts.slice(1)).map((part, n) => (n ? String(part).padStart(2, "0") : part));
    byId("clock").innerHTML = "";
    const label = Object.assign(document.createElement("span"), { className: "label", textContent: this.#text.left });
    byId("clock").append(label, " ", Object.assign(document.createElement("b"), { textContent: shown.join(":") }));
    byId("clock").toggleAttribute("data-short", seconds <= 300);
    for (const minutes of [15, 5, 1]) {
      if (seconds > minutes * 60 || seconds <= (minutes - 1) * 60 || this.#warned.has(minutes)) continue;
      this.#warned.add(minutes);
      byId("announce").textContent = fill(this.#text.minutesLeft, { minutes });
    }
  }

  lock() {
    for (const control of form.elements) control.disabled = true;
    byId("confirm").close();
  }

  #change(n, change) {
    this.#onChange(n, change);
    this.refresh();
  }

  #wireAnswers() {
    form.addEventListener("change", ({ target }) => {
      const n = Number(target.name.slice(1));
      if (target.type === "radio") this.#change(n, { choice: Number(target.value) });
      else this.#change(n, { flag: target.checked });
    });
    form.addEventListener("focusin", ({ target }) => {
      const item = target.closest(".item");
      if (item) this.#current = items.indexOf(item);
    });
    form.addEventListener("click", ({ target }) => {
      if (target.dataset.clear) this.#change(Number(target.dataset.clear), { choice: 0 });
    });
  }

  #wireMoves() {
    byId("previous").addEventListener("click", () => this.show(this.#current - 1));
    byId("next").addEventListener("click", () => this.show(this.#current + 1));
    byId("navigator").addEventListener("click", (event) => {
      const n = Number(event.target.dataset.n);
      if (!n) return;
      event.preventDefault();
      this.show(n - 1);
    });
    for (const id of ["one-by-one", "shortcuts"]) {
      const box = byId(id);
      try {
        box.checked = localStorage.getItem(`seat-${id}`) !== "off";
      } catch { /* the choice is not remembered where the browser forbids it */ }
      box.addEventListener("change", () => {
        try {
          localStorage.setItem(`seat-${id}`, box.checked ? "on" : "off");
        } catch { /* as above */ }
        this.show(this.#current, { focus: false });
      });
    }
  }

  #wireKeys() {
    document.addEventListener("keydown", (event) => {
      if (!byId("shortcuts").checked || event.ctrlKey || event.altKey || event.metaKey) return;
      if (byId("confirm").open) return;
      const n = this.#current + 1;
      const radios = [...form.elements[`a${n}`]].filter((radio) => radio.value !== "0");
      const picked = radios[Number(event.key) - 1];
      // Up and down stay with the options, as the browser has it; left and right move between questions.
      if (event.key === "ArrowLeft") this.show(this.#current - 1);
      else if (event.key === "ArrowRight") this.show(this.#current + 1);
      else if (picked && !picked.disabled) {
        picked.focus();
        this.#change(n, { choice: Number(event.key) });
      } else if (event.key.toLowerCase() === "f" && !form.elements[`f${n}`].disabled) {
        this.#change(n, { flag: !this.#sheet.get(n).flag });
      } else return;
      event.preventDefault();
    });
  }

  #wireSubmit(onSubmit) {
    const dialog = byId("confirm");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const left = items.length - this.#sheet.answered;
      const words = [left ? fill(this.#text.unansweredCount, { count: left }) : this.#text.allAnswered];
      if (this.#sheet.flagged) words.push(fill(this.#text.flaggedCount, { count: this.#sheet.flagged }));
      byId("confirm-text").textContent = words.join(" ");
      dialog.returnValue = "cancel";
      dialog.showModal();
    });
    dialog.addEventListener("close", () => {
      if (dialog.returnValue === "submit") onSubmit();
    });
  }
}
