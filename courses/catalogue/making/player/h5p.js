// The exercise as an H5P content type.
var H5P = window.H5P || {};

H5P.ShortLesson = (function () {
  "use strict";

  const PROGRESS = "https://w3id.org/xapi/cmi5/result/extensions/progress";

  function ShortLesson(parameters, contentId, extras) {
    H5P.EventDispatcher.call(this);
    this.lesson = parameters.lesson;
    this.contentId = contentId;
    this.previous = (extras && extras.previousState) || null;
  }

  ShortLesson.prototype = Object.create(H5P.EventDispatcher.prototype);
  ShortLesson.prototype.constructor = ShortLesson;

  ShortLesson.prototype.attach = function ($container) {
    const place = document.createElement("div");
    const heading = document.createElement("h1");
    heading.textContent = this.lesson.title;
    const all = document.createElement("div");
    all.className = "lesson";
    all.append(heading, place);
    $container.get(0).replaceChildren(all);
    this.exercise = new window.ShortLesson.Exercise(place, this.lesson, this.tracker(), this.previous);
    this.trigger("resize");
  };

  // What is told goes out as xAPI events; whoever shows the content keeps what getCurrentState says.
  ShortLesson.prototype.tracker = function () {
    const tell = (verb, complete) => {
      const event = this.createXAPIEventTemplate(verb);
      complete(event, event.data.statement);
      this.trigger(event);
      this.trigger("resize");
    };
    return {
      keep: (_state, progress) =>
        tell("progressed", (_event, statement) => {
          statement.result = { extensions: { [PROGRESS]: Math.round(progress * 100) } };
        }),
      answered: (step, given, isRight, seconds) =>
        tell("interacted", (_event, statement) => {
          statement.object.id += `#${step.id}`;
          statement.result = { success: isRight, response: given.join("[,]"), duration: `PT${seconds}S` };
        }),
      finished: (_score, isPassed) =>
        tell("completed", (event) => {
          event.setScoredResult(this.getScore(), this.getMaxScore(), this, true, isPassed);
        }),
    };
  };

  ShortLesson.prototype.getCurrentState = function () {
    return this.exercise ? this.exercise.state : undefined;
  };

  ShortLesson.prototype.getMaxScore = function () {
    return this.lesson.steps.filter((step) => step.keys).length;
  };

  ShortLesson.prototype.getScore = function () {
    return this.exercise ? this.exercise.right : 0;
  };

  ShortLesson.prototype.getAnswerGiven = function () {
    return Boolean(this.exercise && Object.keys(this.exercise.state.checked).length);
  };

  ShortLesson.prototype.getTitle = function () {
    return this.lesson.title;
  };

  return ShortLesson;
})();
