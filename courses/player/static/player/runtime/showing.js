// The frame in which content runs, inside the page that offers it its run-time.
import { keepInside } from "./links.js";

const LAST_WORD_MS = 1000;

export function show(address) {
  const frame = document.createElement("iframe");
  frame.allow = "fullscreen; autoplay";
  frame.title = document.title;
  frame.src = address;
  document.getElementById("content").replaceChildren(frame);
  keepInside(frame);
  return frame;
}

// Some content must have a window of its own, which browsers open when something was pressed.
export function offerWindow({ address, open_label: label }) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = label;
  button.addEventListener("click", () => open(address, "_blank"));
  document.getElementById("content").replaceChildren(button);
}

// Lead the content away as a browser would, so that it says what it says at its end.
export function close(frame) {
  return new Promise((resolve) => {
    frame.addEventListener("load", resolve);
    setTimeout(resolve, LAST_WORD_MS);
    frame.src = "about:blank";
  });
}
