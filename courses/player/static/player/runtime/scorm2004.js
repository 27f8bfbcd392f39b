import { Scorm2004API } from "../../vendor/scorm-again/scorm2004.min.js";
import { offer, settings } from "./scorm.js";

const NOTHING = "_none_";
const TARGETED = /^\{target=(.+)\}(choice|jump)$/;
const VALID = /^adl\.nav\.request_valid\.(choice|jump)\.\{target=(.+)\}$/;
// A lesson that was left because of its time, or signed out, ends the whole (RTE 4.2.8).
const ENDS_ALL = ["time-out", "logout"];

export function start({ config, queue, portal }) {
  const shared = config.shared_data;
  let left = "";
  const commit = (cmi, isEnd) => {
    // Content that ends and says nothing of how far it came is completed (SCORM 2004 SN, section 4.2.1.4).
    const isUnknown = cmi.completion_status === "unknown" && cmi.success_status === "unknown";
    left = cmi.exit;
    const state = { cmi, ended: isEnd, ended_silently: isEnd && isUnknown && cmi.exit !== "suspend" };
    queue.put(shared ? { ...state, shared_data: api.adl.captureWritableSharedDataSnapshot() } : state);
  };
  const api = new Scorm2004API(settings(commit));
  api.loadFromJSON(config.cmi, "cmi");
  if (shared) {
    api.adl.restoreSharedDataSnapshot(shared.stores);
    api.adl.configureSharedDataMaps(shared.maps);
  }
  tellWishes(api, portal, () => left);
  if (config.navigation) {
    answerNavigation(api, queue, config.navigation);
  }
  offer("API_1484_11", api, {
    address: config.address,
    portal,
    get: "GetValue",
    set: "SetValue",
    begin: "Initialize",
    finish: "Terminate",
    commit: () => api.lmsCommit(""),
  });
}

// Where content wants to go when it ends; the page around asks the portal's server.
function tellWishes(api, portal, left) {
  let wish = NOTHING;
  api.on("SetValue.adl.nav.request", (_element, value) => {
    wish = value;
  });
  api.on("Terminate", () => {
    const [, target = "", name = wish] = TARGETED.exec(wish) ?? [];
    if (name !== NOTHING) {
      portal.tell("go", { wish: name, target });
    } else if (ENDS_ALL.includes(left())) {
      portal.tell("go", { wish: "exitAll", target });
    }
  });
}

// What content may ask for says the server, anew after each commit that moved anything.
function answerNavigation(api, queue, first) {
  let navigation = first;
  queue.heard = (receipt) => {
    navigation = receipt.navigation ?? navigation;
  };
  for (const name of ["continue", "previous"]) {
    Object.defineProperty(api.adl.nav.request_valid, name, { get: () => String(navigation[name]) });
  }
  const ask = api.GetValue.bind(api);
  api.GetValue = (element) => {
    const answer = ask(element);
    const [, kind, target] = VALID.exec(element) ?? [];
    return kind && api.isInitialized() ? String(navigation[kind].includes(target)) : answer;
  };
}
