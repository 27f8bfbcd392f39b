// Small helps that no page depends on: the menu on a narrow screen, and what went wrong.

const toggle = document.querySelector(".menu-toggle");
toggle?.addEventListener("click", () => {
  toggle.setAttribute("aria-expanded", String(toggle.getAttribute("aria-expanded") !== "true"));
});

// The style guide shows a summary without an error having happened: there the page keeps its place.
function focusErrorSummary(root) {
  root.querySelector(".error-summary:not(.specimen .error-summary)")?.focus();
}

// The browser would check forms in its own language and stop at the first mistake; we name all of them in Thai.
function leaveCheckingToServer(root) {
  for (const form of root.querySelectorAll("form[method=post]")) form.noValidate = true;
}

function prepare(root) {
  focusErrorSummary(root);
  leaveCheckingToServer(root);
}

prepare(document);
document.addEventListener("htmx:afterSettle", (event) => prepare(event.target));

// A part of the page that stays where it is would leave the refusal above out of sight.
document.addEventListener("htmx:afterSettle", (event) => {
  if (!event.target.matches("main > .container")) return;
  event.target.querySelector(":scope > .alert[role=alert]")?.scrollIntoView({ block: "center" });
});

// A link in the error summary puts the caret into its field, not only the field into view.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.(".error-summary a[href^='#']");
  const field = link && document.getElementById(link.hash.slice(1));
  if (!field) return;
  event.preventDefault();
  (field.labels?.[0] ?? field).scrollIntoView({ block: "center" });
  field.focus({ preventScroll: true });
});

// htmx leaves the page as it is when a request fails; the person must be told.
function sayRequestFailed() {
  const main = document.querySelector("main > .container");
  if (main.querySelector("[data-request-failed]")) return;
  const note = document.getElementById("request-failed").content.firstElementChild.cloneNode(true);
  note.dataset.requestFailed = "";
  main.prepend(note);
}

document.addEventListener("htmx:responseError", sayRequestFailed);
document.addEventListener("htmx:sendError", sayRequestFailed);
