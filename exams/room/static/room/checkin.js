// The door: read the QR of an admission card with the camera, where the browser can. A scanner that types
// like a keyboard needs nothing but the caret in the search box.

const form = document.getElementById("search");
const box = form.querySelector("input[name=q]");
const scan = document.getElementById("scan");
const camera = document.getElementById("camera");
const video = camera.querySelector("video");
let stream = null;

if (!document.getElementById("admit")) {
  box.focus();
  box.select();
} else {
  document.getElementById("admit").focus();
}

function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  camera.hidden = true;
}

async function look(detector) {
  if (!stream) return;
  const [found] = await detector.detect(video).catch(() => []);
  if (found) {
    stop();
    box.value = found.rawValue;
    form.requestSubmit();
  } else {
    setTimeout(() => look(detector), 200);
  }
}

async function start() {
  camera.hidden = false;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    video.srcObject = stream;
    await video.play();
    look(new BarcodeDetector({ formats: ["qr_code"] }));
  } catch {
    const status = camera.querySelector("[role=status]");
    status.textContent = status.dataset.denied;
  }
}

async function offer() {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices) return;
  const formats = await BarcodeDetector.getSupportedFormats();
  scan.hidden = !formats.includes("qr_code");
}

scan.addEventListener("click", start);
document.getElementById("stop").addEventListener("click", stop);
addEventListener("pagehide", stop);
offer();
