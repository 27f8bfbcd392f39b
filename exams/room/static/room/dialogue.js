// The page that asks why, shown over the console. Without this script it is a page of its own.

const dialogue = document.getElementById("dialogue");

async function ask(address) {
  const reply = await fetch(address, { headers: { "x-dialogue": "1" } });
  // An error page, or sign-in: let the browser show it.
  if (!reply.ok || reply.redirected) return location.assign(address);
  dialogue.innerHTML = await reply.text();
  delete dialogue.dataset.sent;
  dialogue.showModal();
  dialogue.querySelector("textarea, input:not([type=hidden]), select")?.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialogue]");
  if (link && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    ask(link.href);
  } else if (event.target.closest("#dialogue [data-close]")) {
    event.preventDefault();
    dialogue.close();
  }
});

document.getElementById("seats").addEventListener("submit", (event) => {
  event.preventDefault();
  // A seat can be ticked in the plan and in the table; one mention is enough.
  const chosen = new Set(new FormData(event.target).getAll("seat"));
  const query = new URLSearchParams([...chosen].map((seat) => ["seat", seat]));
  ask(`${event.submitter?.formAction ?? event.target.action}?${query}`);
});

// Sent once: a second press of the button while the first is under way does nothing.
dialogue.addEventListener("submit", (event) => {
  if (dialogue.dataset.sent) event.preventDefault();
  dialogue.dataset.sent = "1";
});
