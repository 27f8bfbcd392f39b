// What both versions of SCORM have in common: scorm-again checks and answers, and each of its commits goes into
// the queue, which is quick and always succeeds. So content never freezes while a connection is bad.
import { close, show } from "./showing.js";

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

// Content looks for its run-time in the windows around it. What leaves without a word is committed here.
export function offer(name, api, { address, portal, finish, commit }) {
  const last = () => api.isInitialized() && commit();
  window[name] = api;
  api.on(finish, () => portal.tell("ended"));
  addEventListener("pagehide", last);
  const frame = show(address);
  portal.beforeClose(async () => {
    await close(frame);
    last();
  });
}
