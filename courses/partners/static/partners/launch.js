// Goes on by itself; without scripts the button does the same.
document.querySelector("[data-launch]").requestSubmit();
