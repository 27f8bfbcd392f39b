// A film: it begins where it was left, and says what is really played.
import { note, report, tick, watch } from "./evidence.js";

const FASTEST = 2;
const film = document.getElementById("film");

if (film) {
  let left = Number(film.dataset.position);
  const place = (seconds) => Math.round(seconds * 1000) / 1000;
  film.addEventListener("loadedmetadata", () => {
    if (left > 0 && left < film.duration - 2) film.currentTime = left;
    left = 0;
  }, { once: true });

  // Not stalled: the picture has moved on since the last look.
  let seen = 0;
  let movedAt = 0;
  film.addEventListener("timeupdate", () => {
    if (film.currentTime !== seen) movedAt = performance.now();
    seen = film.currentTime;
    tick();
  });
  watch({
    playing: () =>
      !film.paused && !film.ended && !film.seeking && film.playbackRate <= FASTEST && performance.now() - movedAt < 3000,
    where: () => (film.readyState > 0 && Number.isFinite(film.duration) && !left
      ? { position: Math.round(film.currentTime), duration: Math.max(1, Math.round(film.duration)) }
      : {}),
  });
  // Where the film was before somebody jumped; that it begins where it was left is no jump.
  let from = null;
  film.addEventListener("seeking", () => { from ??= seen; });
  film.addEventListener("seeked", () => {
    const to = film.currentTime;
    if (Math.abs(to - from) > 1 && film.played.length > 0) note({ verb: "seeked", since: place(from), time: place(to) });
    from = null;
  });
  film.addEventListener("play", () => note({ verb: "played", time: place(film.currentTime) }));
  film.addEventListener("pause", () => note({ verb: "paused", time: place(film.currentTime) }));
  for (const name of ["pause", "ended"]) film.addEventListener(name, () => report());
  document.addEventListener("player:elsewhere", () => film.pause());
}
