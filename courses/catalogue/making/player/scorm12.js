// Tells a SCORM 1.2 run-time what happens in the exercise.
(function () {
  "use strict";

  function find(start) {
    for (let frame = start, steps = 0; steps < 20; frame = frame.parent, steps += 1) {
      if (frame.API) return frame.API;
      if (frame.parent === frame) return null;
    }
    return null;
  }

  const api = find(window) || (window.opener && find(window.opener));
  const set = (name, value) => api && api.LMSSetValue(name, String(value));
  const get = (name) => (api ? api.LMSGetValue(name) : "");
  const began = Date.now();
  let isOver = false;
  let interactions = 0;

  function timespan(seconds) {
    const two = (number) => String(number).padStart(2, "0");
    return `${String(Math.floor(seconds / 3600)).padStart(4, "0")}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  }

  function end() {
    if (isOver) return;
    isOver = true;
    set("cmi.core.session_time", timespan(Math.round((Date.now() - began) / 1000)));
    set("cmi.core.exit", "suspend");
    api.LMSFinish("");
  }

  const letter = (place) => String.fromCharCode(97 + place);
  // A choice is "a,c", matching "0.a,1.b".
  const pattern = (step, given) =>
    given.map((place, line) => (step.kind === "sort" ? `${line}.${letter(place)}` : letter(place))).join();

  window.ShortLesson.start({
    load() {
      if (!api) return undefined;
      api.LMSInitialize("");
      addEventListener("pagehide", end);
      interactions = Number(get("cmi.interactions._count")) || 0;
      if (["", "not attempted"].includes(get("cmi.core.lesson_status"))) {
        set("cmi.core.lesson_status", "incomplete");
        api.LMSCommit("");
      }
      try {
        return JSON.parse(get("cmi.suspend_data"));
      } catch {
        return null;
      }
    },
    keep(state) {
      set("cmi.core.lesson_location", state.at);
      set("cmi.suspend_data", JSON.stringify(state));
      if (api) api.LMSCommit("");
    },
    answered(step, given, isRight, seconds) {
      const at = `cmi.interactions.${interactions}`;
      interactions += 1;
      set(`${at}.id`, step.id);
      set(`${at}.type`, step.kind === "sort" ? "matching" : "choice");
      set(`${at}.correct_responses.0.pattern`, pattern(step, step.keys));
      set(`${at}.student_response`, pattern(step, given));
      set(`${at}.result`, isRight ? "correct" : "wrong");
      set(`${at}.latency`, timespan(seconds));
    },
    finished(score, isPassed) {
      set("cmi.core.score.min", 0);
      set("cmi.core.score.max", 100);
      set("cmi.core.score.raw", Math.round(score * 100));
      // Who has passed once keeps it, whatever a further try gives.
      if (get("cmi.core.lesson_status") !== "passed") set("cmi.core.lesson_status", isPassed ? "passed" : "failed");
      if (api) api.LMSCommit("");
    },
  });
})();
