// The paper as the candidate works it: one question or the list, navigator, keys, the check before submitting.

import { fill } from "./words.js";

const byId = (id) => document.getElementById(id);

// What was chosen and flagged before the scripts were there, as [item, change]: where the form is no longer what the
// server wrote into it.
export function chosenBefore() {
  const found = [];
  for (const { name, type, value, checked, defaultChecked } of byId("paper").elements) {
    const item = Number(name.slice(1));
    if (type === "radio" && checked && !defaultChecked) found.push([item, { choice: Number(value) }]);
    if (type === "checkbox" && checked !== defaultChecked) found.push([item, { flag: checked }]);
  }
  return found;
}

export class View {
  #text;
  #sheet;
  #form = byId("paper");
  #items;
  #current = 0;
  #onChange;

  constructor(text, sheet, { onChange, onSubmit }) {
    this.#text = text;
    this.#sheet = sheet;
    this.#onChange = onChange;
    this.#items = [...this.#form.querySelectorAll(".item")];
    // Where there is room beside the paper, the navigator stands there open.
    byId("tools").open = matchMedia("(min-width: 75rem)").matches;
    this.#wireAnswers();
    this.#wireMoves();
    this.#wireKeys();
    this.#wireSubmit(onSubmit);
    this.show(Math.max(0, this.#items.findIndex((item) => `#${item.id}` === location.hash)), { focus: false });
    this.refresh();
  }

  // Draw every answer, flag and mark of the navigator from the sheet.
  refresh() {
    for (const item of this.#items) {
      const n = Number(item.dataset.n);
      const { choice, flag } = this.#sheet.get(n);
      for (const radio of this.#form.elements[`a${n}`]) radio.checked = Number(radio.value) === choice;
      this.#form.elements[`f${n}`].checked = flag;
      const link = document.querySelector(`#navigator a[data-n="${n}"]`);
      link.toggleAttribute("data-answered", choice > 0);
      link.toggleAttribute("data-flagged", flag);
      const state = [choice ? this.#text.answered : this.#text.unanswered, flag && this.#text.flagged];
      link.setAttribute("aria-label", `${n}: ${state.filter(Boolean).join(", ")}`);
    }
    const values = { answered: this.#sheet.answered, total: this.#items.length };
    byId("progress").textContent = fill(this.#text.progress, values);
    for (const part of document.querySelectorAll("#navigator .part")) {
      const done = part.querySelectorAll("[data-answered]").length;
      part.querySelector(".done").textContent = `${done}/${part.querySelectorAll("a").length}`;
    }
  }

  show(index, { focus = true } = {}) {
    this.#current = Math.min(Math.max(index, 0), this.#items.length - 1);
    const isSingle = byId("one-by-one").checked;
    this.#items.forEach((item, n) => { item.hidden = isSingle && n !== this.#current; });
    for (const part of this.#form.querySelectorAll(".part")) {
      part.hidden = isSingle && !part.contains(this.#items[this.#current]);
    }
    byId("previous").disabled = this.#current === 0;
    byId("next").disabled = this.#current === this.#items.length - 1;
    for (const link of document.querySelectorAll("#navigator a")) {
      if (Number(link.dataset.n) === this.#current + 1) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
    }
    if (focus) this.focus();
  }

  focus() {
    const item = this.#items[this.#current];
    item.focus({ preventScroll: true });
    // The first question of a subject comes with the subject's name.
    const part = item.closest(".part");
    const isFirst = part.querySelector(".item") === item || byId("one-by-one").checked;
    // Below the head of the page, which grows with what it has to say.
    const { top } = (isFirst ? part : item).getBoundingClientRect();
    scrollBy({ top: top - document.querySelector(".top").offsetHeight - 8 });
  }

  // No more answers; with `keepSubmit` the paper can still be handed in.
  lock({ keepSubmit = false } = {}) {
    for (const control of this.#form.elements) control.disabled = !(keepSubmit && control.closest(".bar"));
    if (!keepSubmit) byId("confirm").close();
  }

  unlock() {
    for (const control of this.#form.elements) control.disabled = false;
  }

  #change(n, change) {
    this.#onChange(n, change);
    this.refresh();
  }

  #wireAnswers() {
    this.#form.addEventListener("change", ({ target }) => {
      const n = Number(target.name.slice(1));
      if (target.type === "radio") this.#change(n, { choice: Number(target.value) });
      else this.#change(n, { flag: target.checked });
    });
    this.#form.addEventListener("focusin", ({ target }) => {
      const item = target.closest(".item");
      if (item) this.#current = this.#items.indexOf(item);
    });
    this.#form.addEventListener("click", ({ target }) => {
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
      if (document.querySelector("dialog[open]")) return;
      const n = this.#current + 1;
      const radios = [...this.#form.elements[`a${n}`]].filter((radio) => radio.value !== "0");
      const picked = radios[Number(event.key) - 1];
      // Up and down stay with the options, as the browser has it; left and right move between questions.
      if (event.key === "ArrowLeft") this.show(this.#current - 1);
      else if (event.key === "ArrowRight") this.show(this.#current + 1);
      else if (picked && !picked.disabled) {
        picked.focus();
        this.#change(n, { choice: Number(event.key) });
      } else if (event.key.toLowerCase() === "f" && !this.#form.elements[`f${n}`].disabled) {
        this.#change(n, { flag: !this.#sheet.get(n).flag });
      } else return;
      event.preventDefault();
    });
  }

  #wireSubmit(onSubmit) {
    const dialog = byId("confirm");
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const left = this.#items.length - this.#sheet.answered;
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
