// Arrow keys turn the slides; the links do it without.
const ways = { ArrowRight: "after", ArrowLeft: "before", PageDown: "after", PageUp: "before" };
const hint = document.querySelector("[data-keys]");
if (hint) hint.hidden = false;

addEventListener("keydown", (event) => {
  const isTyping = event.target.closest?.("input, textarea, select, [contenteditable], .table-scroll");
  if (isTyping || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = ways[event.key] && document.querySelector(`[data-slide="${ways[event.key]}"]`);
  if (!link) return;
  event.preventDefault();
  link.click();
});
// Who came by a link of the slides goes on reading there.
if (location.hash === "#slide") document.getElementById("slide")?.focus({ preventScroll: true });
