// The exercise as an assignable unit of cmi5: what is told, and when.
(function () {
  "use strict";

  const query = new URLSearchParams(location.search);
  const CMI5 = { id: "https://w3id.org/xapi/cmi5/context/categories/cmi5" };
  const MOVE_ON = { id: "https://w3id.org/xapi/cmi5/context/categories/moveon" };
  const MASTERY_SCORE = "https://w3id.org/xapi/cmi5/context/extensions/masteryscore";
  const began = Date.now();
  const duration = () => `PT${Math.round((Date.now() - began) / 1000)}S`;
  let records = null;
  let launch = {};
  // The state of the exercise, and what cmi5 allows once for a registration: completed, passed.
  let kept = { state: null, told: {} };
  // A session tells either passed or failed, and whoever failed may try again before it ends.
  let failed = null;
  let isNormal = true;
  let isOver = false;

  function context(...categories) {
    const { contextActivities = {}, ...template } = structuredClone(launch.contextTemplate || {});
    const category = [...(contextActivities.category || []), ...categories];
    const activities = category.length ? { ...contextActivities, category } : contextActivities;
    return { ...template, registration: records.registration, contextActivities: activities };
  }

  function statement(verb, result, ...categories) {
    const about = context(CMI5, ...categories);
    // Whoever judges says by which mark (cmi5, 9.6.3.2).
    if (result?.score && launch.masteryScore !== undefined) {
      about.extensions = { ...about.extensions, [MASTERY_SCORE]: launch.masteryScore };
    }
    return {
      verb: { id: `http://adlnet.gov/expapi/verbs/${verb}`, display: { en: verb } },
      object: { objectType: "Activity", id: records.activity },
      ...(result && { result }),
      context: about,
    };
  }

  function end() {
    if (isOver) return;
    isOver = true;
    const judged = failed ? [statement("failed", failed, MOVE_ON)] : [];
    records.tellNow(...judged, statement("terminated", { duration: duration() }));
  }

  window.ShortLesson.start({
    async load() {
      if (!query.get("fetch")) return undefined;
      const reply = await fetch(query.get("fetch"), { method: "POST" });
      const token = (await reply.json())["auth-token"];
      records = new window.LessonRecords({
        endpoint: query.get("endpoint"),
        authorization: `Basic ${token}`,
        actor: JSON.parse(query.get("actor")),
        registration: query.get("registration"),
        activity: query.get("activityId"),
      });
      launch = (await records.state("LMS.LaunchData")) || {};
      isNormal = (launch.launchMode || "Normal") === "Normal";
      const agent = JSON.stringify(records.actor);
      await records.request("GET", "agents/profile", { agent, profileId: "cmi5LearnerPreferences" });
      await records.tell(statement("initialized"));
      addEventListener("pagehide", end);
      kept = (await records.state("resume")) || kept;
      return kept.state;
    },
    keep(state) {
      kept.state = state;
      if (records) records.keepState("resume", kept);
    },
    answered(step, given, isRight, seconds) {
      if (records && isNormal) records.answer(step, given, isRight, seconds, context());
    },
    finished(score, isPassed) {
      if (!records || !isNormal) return;
      const { told } = kept;
      if (!told.completed) {
        records.tell(statement("completed", { completion: true, duration: duration() }, MOVE_ON));
        told.completed = true;
      }
      if (!told.passed) {
        const points = { scaled: score, raw: Math.round(score * 100), min: 0, max: 100 };
        const result = { success: isPassed, score: points, duration: duration() };
        failed = isPassed ? null : result;
        if (isPassed) records.tell(statement("passed", result, MOVE_ON));
        told.passed = isPassed;
      }
      records.keepState("resume", kept);
    },
  });
})();
