// Old pages lead the whole window somewhere ("_top"), which here is the portal's: the sandbox forbids it and nothing
// would happen. What they mean is the window that the package has, its frame.

export function keepInside(frame) {
  frame.addEventListener("load", () => meet(frame.contentWindow, frame.contentWindow));
}

function meet(window, top) {
  let page;
  try {
    page = window.document;
  } catch {
    return;
  }
  page.addEventListener("click", (event) => {
    const link = event.target.closest("a[href], area[href]");
    const leaves = ["_top", ...(window === top ? ["_parent"] : [])];
    const isOurs = link?.origin === location.origin;
    if (isOurs && leaves.includes(link.target.toLowerCase()) && !event.defaultPrevented) {
      event.preventDefault();
      top.location = link.href;
    }
  });
  for (const each of page.querySelectorAll("iframe, frame")) {
    meet(each.contentWindow, top);
    each.addEventListener("load", () => meet(each.contentWindow, top));
  }
}
