// A film: it begins where it was left, and says where it is.
import { note, placed, report } from "./evidence.js";

const film = document.getElementById("film");

if (film) {
  let left = Number(film.dataset.position);
  const place = (seconds) => Math.round(seconds * 1000) / 1000;
  film.addEventListener("loadedmetadata", () => {
    if (left > 0 && left < film.duration - 2) film.currentTime = left;
    left = 0;
  });
  // Without a connection for long a browser gives the film up, and would not try again before the page is loaded anew.
  const again = () => {
    left = film.currentTime || left;
    film.load();
  };
  document.addEventListener("player:reported", () => {
    if (film.error?.code === MediaError.MEDIA_ERR_NETWORK) again();
  });
  addEventListener("online", () => { if (film.error) again(); });

  placed(() => (film.readyState > 0 && Number.isFinite(film.duration) && !left
    ? { position: Math.round(film.currentTime), duration: Math.max(1, Math.round(film.duration)) }
    : {}));
  // Where the film was before somebody jumped; that it begins where it was left is no jump.
  let seen = 0;
  let from = null;
  film.addEventListener("timeupdate", () => { seen = film.currentTime; });
  film.addEventListener("seeking", () => { from ??= seen; });
  film.addEventListener("seeked", () => {
    const to = film.currentTime;
    if (Math.abs(to - from) > 1 && film.played.length > 0) note({ verb: "seeked", since: place(from), time: place(to) });
    from = null;
  });
  film.addEventListener("play", () => note({ verb: "played", time: place(film.currentTime) }));
  film.addEventListener("pause", () => note({ verb: "paused", time: place(film.currentTime) }));
  for (const name of ["pause", "ended"]) film.addEventListener(name, () => report());
  document.addEventListener("player:elsewhere", () => {
    film.pause();
    // Telephones of Apple fill their screen with a film in a way of their own.
    if (film.webkitDisplayingFullscreen) film.webkitExitFullscreen();
  });
}
