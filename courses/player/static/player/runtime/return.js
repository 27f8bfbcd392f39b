// Where cmi5 content goes when it ends: the page that framed or opened it leads back to the course.
(opener ?? parent).postMessage({ player: "returned" }, location.origin);
close();
