// The browser's own viewer, where it has one; phones often have none, and keep the link.
const frame = document.querySelector("[data-document]");
if (frame && navigator.pdfViewerEnabled) {
  const viewer = document.createElement("iframe");
  viewer.src = frame.dataset.document;
  viewer.title = frame.dataset.title;
  frame.append(viewer);
}
