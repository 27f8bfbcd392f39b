// For browsers in which the modules do not run though scripts are on: lead them to the pages without scripts.
// No newer syntax than of 2009.
(function () {
  var waiting = document.getElementById("waiting");
  setTimeout(function () {
    if (document.documentElement.className === "scripted") return;
    location.replace(waiting.getAttribute("data-plain"));
  }, 1000 * Number(waiting.getAttribute("data-refresh")));
})();
