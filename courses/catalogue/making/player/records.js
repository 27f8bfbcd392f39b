// Speaks with a learning record store: statements, and the state of the exercise. For cmi5 and for xAPI.
(function () {
  "use strict";

  // Writes leave one after the other: a store keeps what comes last.
  let last = Promise.resolve();
  function queued(act) {
    last = last.then(act, act);
    return last;
  }

  class Records {
    constructor({ endpoint, authorization, actor, registration, activity }) {
      Object.assign(this, { authorization, actor, registration, activity });
      this.endpoint = endpoint.endsWith("/") ? endpoint : `${endpoint}/`;
    }

    request(method, path, parameters, body) {
      const address = new URL(path, new URL(this.endpoint, location.href));
      for (const [name, value] of Object.entries(parameters)) if (value) address.searchParams.set(name, value);
      const headers = { Authorization: this.authorization, "X-Experience-API-Version": "1.0.3" };
      if (body === undefined) return fetch(address, { method, headers });
      headers["Content-Type"] = "application/json";
      // Also when the page goes.
      return fetch(address, { method, headers, body: JSON.stringify(body), keepalive: true });
    }

    stateParameters(stateId) {
      return { activityId: this.activity, agent: JSON.stringify(this.actor), registration: this.registration, stateId };
    }

    async state(stateId) {
      const reply = await this.request("GET", "activities/state", this.stateParameters(stateId));
      return reply.ok ? reply.json() : null;
    }

    keepState(stateId, state) {
      const parameters = this.stateParameters(stateId);
      const kept = structuredClone(state);
      return queued(() => this.request("PUT", "activities/state", parameters, kept));
    }

    statement(statement) {
      return { id: crypto.randomUUID(), actor: this.actor, timestamp: new Date().toISOString(), ...statement };
    }

    tell(statement) {
      const whole = this.statement(statement);
      return queued(() => this.request("PUT", "statements", { statementId: whole.id }, whole));
    }

    // At once: a page that goes waits for nothing.
    tellNow(...statements) {
      return this.request("POST", "statements", {}, statements.map((each) => this.statement(each)));
    }

    // The statement of one answer, as the interactions of xAPI 1.0.3 describe it.
    answer(step, given, isRight, seconds, context) {
      const isSort = step.kind === "sort";
      const said = (places) =>
        places.map((place, line) => (isSort ? `i${line}[.]o${place}` : `o${place}`)).join("[,]");
      const named = (texts, letter) => texts.map((text, place) => ({ id: letter + place, description: { th: text } }));
      const parts = isSort
        ? { interactionType: "matching", source: named(step.items, "i"), target: named(step.options, "o") }
        : { interactionType: "choice", choices: named(step.options, "o") };
      return this.tell({
        verb: { id: "http://adlnet.gov/expapi/verbs/answered", display: { en: "answered", th: "ตอบ" } },
        object: {
          objectType: "Activity",
          id: `${this.activity}#${step.id}`,
          definition: {
            type: "http://adlnet.gov/expapi/activities/cmi.interaction",
            name: { th: step.heading },
            description: { th: step.question },
            correctResponsesPattern: [said(step.keys)],
            ...parts,
          },
        },
        result: { success: isRight, response: said(given), duration: `PT${seconds}S` },
        context,
      });
    }
  }

  window.LessonRecords = Records;
})();
