import { Scorm2004API } from "../../vendor/scorm-again/scorm2004.min.js";
import { offer, settings } from "./scorm.js";

// What content may ask for when it ends; the page around knows which item that is.
const WISHES = {
  SequenceNext: "next",
  SequencePrevious: "previous",
  SequenceChoice: "choice",
  SequenceJump: "choice",
  SequenceExit: "exit",
  SequenceExitAll: "exit",
  SequenceAbandon: "exit",
  SequenceAbandonAll: "exit",
  SequenceSuspendAll: "exit",
};

export function start({ config, queue, portal }) {
  const commit = (cmi, isEnd) => {
    // Content that ends and says nothing of how far it came is completed (SCORM 2004 SN, section 4.2.1.4).
    const isUnknown = cmi.completion_status === "unknown" && cmi.success_status === "unknown";
    queue.put({ cmi, ended: isEnd, ended_silently: isEnd && isUnknown && cmi.exit !== "suspend" });
  };
  const api = new Scorm2004API(settings(commit));
  api.loadFromJSON(config.cmi, "cmi");
  for (const [event, wish] of Object.entries(WISHES)) {
    api.on(event, (_element, target) => portal.tell("go", { wish, target: target ?? "" }));
  }
  offer("API_1484_11", api, {
    address: config.address,
    portal,
    finish: "Terminate",
    commit: () => api.lmsCommit(""),
  });
}
