// H5P: what its content reports about itself as a whole, and the state that it goes on from.
const PLAYER = new URL("../../vendor/h5p-standalone/", import.meta.url);
const SAVE_EVERY_S = 3;
const LOOK_EVERY_MS = 500;
const PART = "http://h5p.org/x-api/h5p-subContentId";
// Single questions say no more than "answered".
const ENDING = new Set(["completed", "answered", "passed", "failed", "mastered", "consumed"]);

export async function start({ config, queue, portal, content }) {
  content.classList.add("flows");
  await load(new URL("main.bundle.js", PLAYER).href);
  // Some content keeps null while there is nothing to keep; the core would tell the learner of a reset.
  const kept = config.user_data.filter(({ dataType, previousState }) => dataType && previousState !== "null");
  const state = { user_data: kept, result: config.result };
  await new window.H5PStandalone.H5P(content, {
    id: "item",
    h5pJsonPath: config.address,
    frameJs: new URL("frame.bundle.js", PLAYER).href,
    frameCss: new URL("styles/h5p.css", PLAYER).href,
    // The player writes into the list that it is given, in a form of its own.
    contentUserData: [...kept],
    saveFreq: SAVE_EVERY_S,
    reportingIsEnabled: true,
    fullScreen: true,
    frame: true,
    xAPIObjectIRI: config.activity,
  });
  window.H5P.externalDispatcher.on("xAPI", (event) => {
    const result = resultOf(event.data.statement);
    if (result) {
      state.result = result;
      queue.put(state);
    }
  });
  const save = (kind, data, part) => {
    const others = state.user_data.filter((each) => each.dataType !== kind || each.subContentId !== part);
    state.user_data = [...others, { dataType: kind, subContentId: part, previousState: data }];
    queue.put(state);
  };
  const known = new WeakSet();
  // Frames load their core when they like, and content may make more of them.
  setInterval(() => cores(known).forEach((core) => remember(core, save)), LOOK_EVERY_MS);
  new ResizeObserver(() => portal.tell("height", { height: content.scrollHeight })).observe(content);
}

function load(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.onload = resolve;
    script.onerror = () => reject(new Error(address));
    script.src = address;
    document.head.append(script);
  });
}

// Content runs in this window or in a frame of it, each with a core of its own; those not met before.
function cores(known) {
  const all = [window, ...frames()].map((each) => each.H5P).filter((core) => core?.setUserData);
  const unknown = all.filter((core) => !known.has(core));
  unknown.forEach((core) => known.add(core));
  return unknown;
}

function frames() {
  return [...document.querySelectorAll("iframe")].map((frame) => frame.contentWindow);
}

// The core keeps the state where it resumes from, and would send it to its own server; it goes into the queue.
function remember(core, save) {
  const keep = core.setUserData;
  core.setUserData = (content, kind, data, more) => {
    keep(content, kind, data, more);
    save(kind, JSON.stringify(data), String(more?.subContentId ?? 0));
  };
}

// What is said of a part has the whole as its parent, or where its maker forgot that, an identifier of the part.
// Only what ends the whole is kept: some say "completed" without a result, and go on saying what is touched.
function resultOf({ verb, object, result = {}, context }) {
  const ending = verb.id.split("/").pop();
  const isPart = context?.contextActivities?.parent?.length || object?.definition?.extensions?.[PART];
  if (isPart || !ENDING.has(ending)) {
    return null;
  }
  return {
    verb: ending,
    score: result.score ?? {},
    success: result.success ?? null,
    completion: result.completion ?? null,
  };
}
