// The exercise as a package with a tincan.xml: the launch gives endpoint and authorization in the address.
(function () {
  "use strict";

  const query = new URLSearchParams(location.search);
  const began = Date.now();
  const duration = () => `PT${Math.round((Date.now() - began) / 1000)}S`;
  let records = null;

  // Old launches name everything in lists.
  const first = (value) => (Array.isArray(value) ? value[0] : value);

  function actor() {
    const { name, mbox, account } = JSON.parse(query.get("actor"));
    const { homePage, accountServiceHomePage, name: own, accountName } = first(account) || {};
    return {
      objectType: "Agent",
      name: first(name),
      ...(account
        ? { account: { homePage: homePage || accountServiceHomePage, name: own || accountName } }
        : { mbox: first(mbox) }),
    };
  }

  const context = () => ({ registration: query.get("registration") || undefined, language: "th" });

  function statement(verb, result) {
    return {
      verb: { id: `http://adlnet.gov/expapi/verbs/${verb}`, display: { en: verb } },
      object: {
        objectType: "Activity",
        id: records.activity,
        definition: { type: "http://adlnet.gov/expapi/activities/lesson", name: { th: document.title } },
      },
      ...(result && { result }),
      context: context(),
    };
  }

  window.ShortLesson.start({
    async load() {
      if (!query.get("endpoint") || !query.get("actor")) return undefined;
      records = new window.LessonRecords({
        endpoint: query.get("endpoint"),
        authorization: query.get("auth") || "",
        actor: actor(),
        registration: query.get("registration"),
        activity: query.get("activity_id") || document.documentElement.dataset.activity,
      });
      records.tell(statement("initialized"));
      addEventListener("pagehide", () => records.tellNow(statement("terminated", { duration: duration() })));
      return records.state("resume");
    },
    keep(state) {
      if (records) records.keepState("resume", state);
    },
    answered(step, given, isRight, seconds) {
      if (records) records.answer(step, given, isRight, seconds, context());
    },
    finished(score, isPassed) {
      if (!records) return;
      const points = { scaled: score, raw: Math.round(score * 100), min: 0, max: 100 };
      const result = { completion: true, success: isPassed, score: points, duration: duration() };
      records.tell(statement("completed", result));
      records.tell(statement(isPassed ? "passed" : "failed", result));
    },
  });
})();
