// Open a sealed paper in the browser: docs/papers.md says what a bundle is made of.

const MAGIC = new TextEncoder().encode("SEAL1\n");
const NONCE_BYTES = 12;
const KEY_BYTES = 32;
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const SECRET_LETTERS = 20;
const LOOK_ALIKES = { I: "1", L: "1", O: "0" };

// The bundle is not what was sealed.
export class Altered extends Error {}
// The code opens another paper, or none: `why` is "wrong", "letter" (with `at`), "length" or "check".
export class WrongCode extends Error {
  constructor(why, values = {}) {
    super(why);
    Object.assign(this, { why, values });
  }
}

// Return the secret that a typed opening code spells; throw WrongCode with what is wrong about it.
export function parseCode(typed) {
  const digits = typed.replace(/[๐-๙]/g, (digit) => String(digit.charCodeAt(0) - 0x0e50));
  const letters = digits.replace(/[\s\-‐‑–\u200b]/g, "").toUpperCase().replace(/[ILO]/g, (one) => LOOK_ALIKES[one]);
  if (/[\u0e00-\u0e7f]/.test(letters)) throw new WrongCode("thai");
  const strange = [...letters].findIndex((letter) => !ALPHABET.includes(letter));
  if (strange >= 0) throw new WrongCode("letter", { letter: letters[strange], group: Math.floor(strange / 5) + 1 });
  const count = letters.length;
  if (count !== SECRET_LETTERS + 1) throw new WrongCode("length", { typed: count, length: SECRET_LETTERS + 1 });
  const secret = letters.slice(0, SECRET_LETTERS);
  if (checkLetter(secret) !== letters[SECRET_LETTERS]) throw new WrongCode("check");
  return secret;
}

// The polynomial over GF(32) of exams/papers/sealing.py: it finds every single wrong letter and every swap.
function checkLetter(secret) {
  let value = 0;
  for (const letter of secret) {
    value = (value ^ ALPHABET.indexOf(letter)) << 1;
    if (value > 31) value ^= 0b100101;
  }
  return ALPHABET[value];
}

export async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function keyAndNonce(secret, form) {
  const text = new TextEncoder();
  const root = await crypto.subtle.importKey("raw", text.encode(secret), "HKDF", false, ["deriveBits"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: text.encode(form) };
  const bits = new Uint8Array(await crypto.subtle.deriveBits(how, root, 8 * (KEY_BYTES + NONCE_BYTES)));
  const key = await crypto.subtle.importKey("raw", bits.slice(0, KEY_BYTES), "AES-GCM", false, ["decrypt"]);
  return [key, bits.slice(KEY_BYTES)];
}

// Return {form, language, paper, figures} of the bundle of the form with this SHA-256; throw WrongCode, Altered.
export async function unseal(bundle, code, form) {
  const bytes = new Uint8Array(bundle);
  const [key, nonce] = await keyAndNonce(parseCode(code), form);
  const start = MAGIC.length + NONCE_BYTES;
  const head = bytes.subarray(0, start);
  if (bytes.length < start || MAGIC.some((byte, place) => byte !== head[place])) throw new Altered();
  if (nonce.some((byte, place) => byte !== head[MAGIC.length + place])) throw new WrongCode("wrong");
  const bound = new Uint8Array([...MAGIC, ...new TextEncoder().encode(form)]);
  const how = { name: "AES-GCM", iv: nonce, additionalData: bound };
  let packed;
  try {
    packed = await crypto.subtle.decrypt(how, key, bytes.subarray(start));
  } catch {
    throw new Altered();
  }
  return JSON.parse(new TextDecoder().decode(await gunzip(packed)));
}

async function gunzip(packed) {
  if (!("DecompressionStream" in self)) return (await import("./inflate.js")).gunzip(new Uint8Array(packed));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

// Say whether this browser can open a sealed paper; on a page without TLS it cannot.
export const canUnseal = Boolean(self.crypto?.subtle);
