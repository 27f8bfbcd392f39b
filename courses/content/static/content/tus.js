// The client's half of tus 1.0: ask how much is there, send the next piece, and again until all is there.

const PIECE = 8 * 2 ** 20;
const LONGEST_WAIT = 30_000;
// The server is away, busy, or has another piece in hand: worth asking again.
const FOR_NOW = new Set([0, 409, 423, 429, 500, 502, 503, 504]);

/** The server said no for good; the message is for people, "" where it gave none. */
export class Refused extends Error {
  constructor(status, message = "") {
    super(message);
    this.status = status;
  }

  /** Whether the upload is gone or could not be checked; who was signed out, say, may still go on with it. */
  get isTheEnd() {
    return [404, 500].includes(this.status);
  }
}

const encoded = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** Ask for an upload of the file, and return its address. Rejects with Refused. */
export async function begin(file, endpoint, { headers, metadata }) {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      ...headers,
      "Upload-Length": String(file.size),
      "Upload-Metadata": Object.entries(metadata).map(([name, value]) => `${name} ${encoded(value)}`).join(","),
    },
  });
  if (!response.ok) throw new Refused(response.status, (await response.json().catch(() => ({}))).message);
  return new URL(response.headers.get("Location")).pathname;
}

function request(method, url, { headers, signal, body = null, onProgress = () => {} }) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    const abort = () => xhr.abort();
    xhr.open(method, url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = (event) => onProgress(event.loaded);
    xhr.onabort = () => reject(new DOMException("", "AbortError"));
    xhr.onloadend = () => {
      signal.removeEventListener("abort", abort);
      resolve(xhr);
    };
    signal.addEventListener("abort", abort);
    if (signal.aborted) return reject(new DOMException("", "AbortError"));
    xhr.send(body);
  });
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, milliseconds);
    function done() {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal.removeEventListener("abort", stop);
      resolve();
    }
    function stop() {
      done();
      reject(new DOMException("", "AbortError"));
    }
    addEventListener("online", done);
    signal.addEventListener("abort", stop);
  });
}

function refusal(xhr) {
  let message = "";
  try {
    message = JSON.parse(xhr.responseText).message;
  } catch {
    // Not ours: a proxy answered.
  }
  return new Refused(xhr.status, message);
}

/** Send a file to the address of its upload, and return when all of it is there. Rejects with Refused, AbortError. */
export async function send(file, url, { headers, signal, onProgress, onWaiting }) {
  let wait = 1000;
  // Not known until the server was asked, at the beginning and after every failure.
  let offset = null;
  while (offset === null || offset < file.size) {
    const xhr =
      offset === null
        ? await request("HEAD", url, { headers, signal })
        : await request("PATCH", url, {
            headers: { ...headers, "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" },
            signal,
            body: file.slice(offset, offset + PIECE),
            onProgress: (loaded) => onProgress(offset + loaded),
          });
    if (xhr.status >= 200 && xhr.status < 300) {
      offset = Number(xhr.getResponseHeader("Upload-Offset"));
      wait = 1000;
      onProgress(offset);
    } else if (FOR_NOW.has(xhr.status)) {
      offset = null;
      onWaiting();
      await pause(wait, signal);
      wait = Math.min(wait * 2, LONGEST_WAIT);
    } else {
      throw refusal(xhr);
    }
  }
}
