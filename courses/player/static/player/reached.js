// Says on the page that its unit is completed, as soon as the server has counted what was still missing.
const state = document.getElementById("unit-state");
const reached = document.getElementById("unit-reached");

document.addEventListener("player:reported", ({ detail }) => {
  if (detail.completed && reached?.isConnected) {
    state.replaceChildren(reached.content);
    reached.remove();
  }
});
