// Makes a search box a combobox with a list of suggestions (WAI-ARIA 1.2, "list autocomplete with manual
// selection"). htmx fetches the list; without scripts the box stays a plain search box.

function makeCombobox(input) {
  const popup = document.getElementById(input.dataset.suggestions);
  const status = document.getElementById(`${input.id}_status`);
  let active = null;

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");

  const options = () => [...popup.querySelectorAll("[role=option]")];
  const isOpen = () => input.getAttribute("aria-expanded") === "true";

  function activate(option) {
    active?.setAttribute("aria-selected", "false");
    active = option;
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  }

  function close() {
    activate(null);
    popup.hidden = true;
    input.setAttribute("aria-expanded", "false");
  }

  function open() {
    const list = popup.querySelector("[role=listbox]");
    if (!list || document.activeElement !== input || !input.value.trim()) return close();
    list.id = `${popup.id}_box`;
    options().forEach((option, index) => (option.id = `${popup.id}_${index}`));
    input.setAttribute("aria-controls", list.id);
    input.setAttribute("aria-expanded", "true");
    popup.hidden = false;
    activate(null);
    status.textContent = list.dataset.said;
  }

  // Round the list and through the box itself, where nothing is chosen.
  function move(step) {
    const places = [null, ...options()];
    activate(places.at((places.indexOf(active) + step + places.length) % places.length));
  }

  popup.addEventListener("htmx:afterSwap", open);
  input.addEventListener("input", () => input.value.trim() || close());
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!isOpen()) open();
      if (!isOpen()) return;
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && active) {
      location.assign(active.dataset.address);
    } else if (event.key === "Escape" && isOpen()) {
      close();
    } else {
      return;
    }
    event.preventDefault();
  });

  // Pressing must not take the focus from the box, which would close the list before the click arrives.
  popup.addEventListener("mousedown", (event) => event.preventDefault());
  popup.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) location.assign(option.dataset.address);
  });
}

for (const input of document.querySelectorAll("[data-suggestions]")) makeCombobox(input);
