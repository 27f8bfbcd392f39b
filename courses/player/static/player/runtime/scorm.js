// What both versions of SCORM have in common: scorm-again checks and answers, and each of its commits goes into
// the queue, which is quick and always succeeds. So content never freezes while a connection is bad.
import { close, show } from "./showing.js";
import { whenClosed } from "./windows.js";

const COMMON = {
  autocommit: true,
  autocommitSeconds: 2,
  dataCommitFormat: "json",
  renderCommonCommitFields: true,
  alwaysSendTotalTime: true,
  // Unused, but without an address nothing is committed.
  lmsCommitUrl: "queue",
  logLevel: "NONE",
};

export function settings(commit, more = {}) {
  const httpService = {
    updateSettings() {},
    processHttpRequest(_address, data, _now, _log, _tell, about) {
      commit(data.runtimeData.cmi, about?.isTerminateCommit === true);
      return { result: "true", errorCode: 0 };
    },
  };
  return { ...COMMON, httpService, ...more };
}

const UNKNOWN_ELEMENT = 401;

// Some content writes to "cmi.core.score" and the like, which are groups of elements: scorm-again would put the value
// in place of the group, and could commit nothing any more.
function refuseGroups(api, method, answer) {
  const usual = api[method].bind(api);
  api[method] = (element, ...value) => {
    if (api.isInitialized() && isGroup(api, element)) {
      api.throwSCORMError(element, UNKNOWN_ELEMENT);
      return answer;
    }
    return usual(element, ...value);
  };
}

// Groups are fields of their parents, elements are accessors.
function isGroup(api, element) {
  const field = (group, name) => Object.getOwnPropertyDescriptor(group.childArray ?? group, name)?.value;
  let place = api;
  for (const name of String(element).split(".")) {
    place = field(place, name);
    if (typeof place !== "object" || place === null) {
      return false;
    }
  }
  return true;
}

// Content looks for its run-time in the windows around it. What leaves without a word is committed here.
export function offer(name, api, { address, portal, get, set, begin, finish, commit }) {
  refuseGroups(api, get, "");
  refuseGroups(api, set, "false");
  const last = () => api.isInitialized() && commit();
  window[name] = api;
  // A run-time is begun once. Who closes the window in which content ran opens it again from a page that begins anew.
  api.on(begin, () => whenClosed(() => portal.tell("left")));
  api.on(finish, () => portal.tell("ended"));
  addEventListener("pagehide", last);
  const frame = show(address);
  portal.beforeClose(async () => {
    await close(frame);
    last();
  });
}
