// Tells a SCORM 2004 run-time what happens in the exercise.
(function () {
  "use strict";

  function find(start) {
    for (let frame = start, steps = 0; steps < 20; frame = frame.parent, steps += 1) {
      if (frame.API_1484_11) return frame.API_1484_11;
      if (frame.parent === frame) return null;
    }
    return null;
  }

  const api = find(window) || (window.opener && find(window.opener));
  const set = (name, value) => api && api.SetValue(name, String(value));
  const get = (name) => (api ? api.GetValue(name) : "");
  const began = Date.now();
  let isOver = false;
  let interactions = 0;

  function end() {
    if (isOver) return;
    isOver = true;
    set("cmi.session_time", `PT${Math.round((Date.now() - began) / 1000)}S`);
    set("cmi.exit", "suspend");
    api.Terminate("");
  }

  // A choice is "o0[,]o2", matching "i0[.]o1[,]i1[.]o0".
  const pattern = (step, given) =>
    given.map((place, line) => (step.kind === "sort" ? `i${line}[.]o${place}` : `o${place}`)).join("[,]");

  window.ShortLesson.start({
    load() {
      if (!api) return undefined;
      api.Initialize("");
      addEventListener("pagehide", end);
      interactions = Number(get("cmi.interactions._count")) || 0;
      if (get("cmi.completion_status") !== "completed") set("cmi.completion_status", "incomplete");
      api.Commit("");
      try {
        return JSON.parse(get("cmi.suspend_data"));
      } catch {
        return null;
      }
    },
    keep(state, progress) {
      set("cmi.location", state.at);
      set("cmi.suspend_data", JSON.stringify(state));
      if (get("cmi.completion_status") !== "completed") set("cmi.progress_measure", progress.toFixed(4));
      if (api) api.Commit("");
    },
    answered(step, given, isRight, seconds) {
      const at = `cmi.interactions.${interactions}`;
      interactions += 1;
      set(`${at}.id`, `urn:x-lesson:${step.id}`);
      set(`${at}.type`, step.kind === "sort" ? "matching" : "choice");
      set(`${at}.timestamp`, new Date().toISOString().slice(0, 19));
      set(`${at}.correct_responses.0.pattern`, pattern(step, step.keys));
      set(`${at}.learner_response`, pattern(step, given));
      set(`${at}.result`, isRight ? "correct" : "incorrect");
      set(`${at}.latency`, `PT${seconds}S`);
      set(`${at}.description`, step.heading.slice(0, 250));
    },
    finished(score, isPassed) {
      set("cmi.score.min", 0);
      set("cmi.score.max", 100);
      set("cmi.score.raw", Math.round(score * 100));
      set("cmi.score.scaled", score);
      set("cmi.progress_measure", 1);
      set("cmi.completion_status", "completed");
      // Who has passed once keeps it, whatever a further try gives.
      if (get("cmi.success_status") !== "passed") set("cmi.success_status", isPassed ? "passed" : "failed");
      if (api) api.Commit("");
    },
  });
})();
