// Shows an exercise: things to read, questions, a result. Whoever mounts it gives a tracker, which keeps the state
// and is told what was answered; this file knows nothing of SCORM, xAPI or H5P.
(function () {
  "use strict";

  const WORDS = {
    back: "ย้อนกลับ",
    check: "ตรวจคำตอบ",
    next: "ต่อไป",
    again: "ทำใหม่ทั้งหมด",
    right: "ถูกต้อง",
    wrong: "ยังไม่ถูก",
    choose: "เลือกคำตอบก่อน แล้วจึงตรวจ",
    chooseAll: "เลือกคำตอบให้ครบทุกบรรทัด แล้วจึงตรวจ",
    some: "เลือกได้มากกว่าหนึ่งข้อ",
    group: "เลือก…",
    result: "ผลของท่าน",
    passed: "ผ่านเกณฑ์แล้ว เรียนบทต่อไปได้",
    failed: "ยังไม่ถึงเกณฑ์ ทบทวนข้อที่ยังไม่ถูก แล้วทำใหม่ได้",
    answer: "คำตอบที่ถูก",
    alone: "หน้านี้เปิดโดยไม่ได้เชื่อมกับระบบการเรียน ลองทำได้ แต่ผลจะไม่ถูกบันทึก",
  };

  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === true) made.setAttribute(key, "");
      else if (value !== false) made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }

  const same = (one, other) => one.length === other.length && one.every((value, place) => value === other[place]);

  class Exercise {
    constructor(container, lesson, tracker, state) {
      Object.assign(this, { container, lesson, tracker });
      this.state = state && state.given && state.checked ? state : { at: 0, given: {}, checked: {} };
      // Names of fields must not meet those of another exercise on the page.
      this.prefix = `l${Math.random().toString(36).slice(2, 8)}-`;
      this.show();
    }

    get questions() {
      return this.lesson.steps.filter((step) => step.keys);
    }

    get right() {
      return this.questions.filter((step) => this.isRight(step)).length;
    }

    get score() {
      return Math.round((this.right / this.questions.length) * 10000) / 10000;
    }

    get isPassed() {
      return this.score * 100 >= this.lesson.pass_percent;
    }

    isRight(step) {
      return Boolean(this.state.checked[step.id]) && same(this.state.given[step.id], step.keys);
    }

    keep() {
      this.tracker.keep(this.state, this.state.at / this.lesson.steps.length);
    }

    go(to) {
      this.state.at = to;
      this.show();
      this.container.querySelector("h2").focus();
      this.container.scrollIntoView({ block: "start" });
      this.keep();
      if (to === this.lesson.steps.length) this.tracker.finished(this.score, this.isPassed);
    }

    show() {
      const { steps } = this.lesson;
      const at = Math.max(0, Math.min(this.state.at, steps.length));
      this.state.at = at;
      this.began = Date.now();
      const bar = element("progress", { max: steps.length, value: at, "aria-hidden": "true" });
      const place = element("span", {}, at < steps.length ? `${at + 1} / ${steps.length}` : "");
      const row = element("div", { class: "lesson-place" }, bar, place);
      this.container.replaceChildren(row, at < steps.length ? this.step(steps[at]) : this.result());
    }

    section(heading, ...children) {
      return element("section", {}, element("h2", { tabindex: "-1" }, heading), ...children);
    }

    buttons(...more) {
      const { at } = this.state;
      const back = at > 0 ? [this.button(WORDS.back, () => this.go(at - 1), "lesson-quiet")] : [];
      return element("div", { class: "lesson-buttons" }, ...back, ...more);
    }

    button(text, act, look = "lesson-main") {
      const made = element("button", { type: "button", class: look }, text);
      made.addEventListener("click", act);
      return made;
    }

    next() {
      return this.button(WORDS.next, () => this.go(this.state.at + 1));
    }

    step(step) {
      const texts = step.text.map((text) => element("p", {}, text));
      return this.section(step.heading, ...texts, step.keys ? this.question(step) : this.buttons(this.next()));
    }

    question(step) {
      const isChecked = Boolean(this.state.checked[step.id]);
      const fields = element("fieldset", { disabled: isChecked }, element("legend", {}, step.question));
      if (step.kind === "some") fields.append(element("p", { class: "lesson-hint" }, WORDS.some));
      fields.append(...(step.kind === "sort" ? this.lines(step) : this.options(step)));
      const said = element("div", { role: "status", class: "lesson-said" }, ...(isChecked ? this.says(step) : []));
      const act = isChecked ? this.next() : element("button", { class: "lesson-main" }, WORDS.check);
      const form = element("form", { novalidate: true }, fields, said, this.buttons(act));
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        if (!this.state.checked[step.id]) this.check(step, form, said);
      });
      return form;
    }

    options(step) {
      const given = this.state.given[step.id] || [];
      const type = step.kind === "one" ? "radio" : "checkbox";
      return step.options.map((option, place) => {
        const checked = given.includes(place);
        const field = element("input", { type, name: this.prefix + step.id, value: place, checked });
        return element("label", { class: "lesson-option" }, field, element("span", {}, option));
      });
    }

    lines(step) {
      const given = this.state.given[step.id] || [];
      return step.items.map((item, line) => {
        const id = `${this.prefix}${step.id}-${line}`;
        const groups = step.options.map((group, place) =>
          element("option", { value: place, selected: given[line] === place }, group)
        );
        const field = element("select", { id }, element("option", { value: "" }, WORDS.group), ...groups);
        return element("div", { class: "lesson-line" }, element("label", { for: id }, item), field);
      });
    }

    check(step, form, said) {
      const fields = [...form.querySelectorAll("input, select")];
      const isSort = step.kind === "sort";
      const chosen = isSort ? fields : fields.filter((field) => field.checked);
      if (!chosen.length || chosen.some((field) => field.value === "")) {
        said.replaceChildren(element("p", { class: "lesson-wrong" }, isSort ? WORDS.chooseAll : WORDS.choose));
        return;
      }
      const given = chosen.map((field) => Number(field.value));
      this.state.given[step.id] = given;
      this.state.checked[step.id] = true;
      form.querySelector("fieldset").disabled = true;
      said.replaceChildren(...this.says(step));
      const next = this.next();
      form.querySelector(".lesson-buttons").replaceWith(this.buttons(next));
      next.focus();
      this.keep();
      this.tracker.answered(step, given, this.isRight(step), Math.round((Date.now() - this.began) / 1000));
    }

    says(step) {
      const isRight = this.isRight(step);
      const mark = element("p", { class: isRight ? "lesson-right" : "lesson-wrong" }, isRight ? WORDS.right : WORDS.wrong);
      const answers = step.kind === "sort"
        ? step.items.map((item, line) => `${item}: ${step.options[step.keys[line]]}`)
        : step.keys.map((key) => step.options[key]);
      const list = element("ul", {}, ...answers.map((answer) => element("li", {}, answer)));
      const correction = isRight ? [] : [element("p", {}, `${WORDS.answer}:`), list];
      return [mark, ...correction, element("p", {}, step.explanation)];
    }

    result() {
      const rows = this.questions.map((step) =>
        element("li", {}, `${step.heading}: ${this.isRight(step) ? WORDS.right : WORDS.wrong}`)
      );
      const again = this.button(WORDS.again, () => {
        this.state = { at: 0, given: {}, checked: {} };
        this.go(0);
      }, "lesson-quiet");
      const score = `${this.right} / ${this.questions.length} (${Math.round(this.score * 100)}%)`;
      return this.section(
        WORDS.result,
        element("p", { class: "lesson-score" }, score),
        element("p", {}, this.isPassed ? WORDS.passed : WORDS.failed),
        element("ul", {}, ...rows),
        this.buttons(again)
      );
    }
  }

  // The exercise in a page of its own. What a tracker loads is undefined where there is nobody to tell.
  async function start(tracker) {
    const lesson = JSON.parse(document.getElementById("lesson-data").textContent);
    const state = await tracker.load();
    const place = document.getElementById("lesson");
    if (state === undefined) place.before(element("p", { class: "lesson-hint", role: "note" }, WORDS.alone));
    new Exercise(place, lesson, tracker, state);
  }

  window.ShortLesson = { Exercise, start };
})();
