import { Scorm12API } from "../../vendor/scorm-again/scorm12.min.js";
import { offer, settings } from "./scorm.js";

export function start({ config, queue, portal }) {
  const commit = (cmi, isEnd) => {
    // Content that ends and says nothing of how far it came is completed (SCORM 1.2 RTE, LMSFinish).
    const isUnknown = cmi.core.lesson_status === "not attempted";
    queue.put({ cmi, ended: isEnd, ended_silently: isEnd && isUnknown && cmi.core.exit !== "suspend" });
  };
  const api = new Scorm12API(settings(commit));
  api.loadFromJSON(config.cmi, "cmi");
  offer("API", api, {
    address: config.address,
    portal,
    get: "LMSGetValue",
    set: "LMSSetValue",
    begin: "LMSInitialize",
    finish: "LMSFinish",
    commit: () => api.lmsCommit(""),
  });
}
