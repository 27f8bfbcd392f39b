// Gunzip for browsers without DecompressionStream (before 2023): RFC 1951 and 1952, for one small file at a
// time. What comes in has been authenticated, so a damaged stream means a fault of ours and throws.

const LENGTHS = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const END_OF_BLOCK = 256;

// How far back a copy reaches: every two codes the step doubles, from the fifth on.
const distanceBits = (code) => Math.max(0, (code >> 1) - 1);
const distanceBase = (code) => (code < 4 ? code + 1 : ((2 + (code & 1)) << distanceBits(code)) + 1);

// Canonical Huffman code: how many codes have each length, and the symbols in the order of their codes.
function huffman(lengths) {
  const counts = new Array(16).fill(0);
  for (const length of lengths) if (length) counts[length]++;
  const symbols = [];
  for (let wanted = 1; wanted < 16; wanted++) {
    lengths.forEach((length, symbol) => { if (length === wanted) symbols.push(symbol); });
  }
  return { counts, symbols };
}

const run = (count, value) => new Array(count).fill(value);
const FIXED = [
  huffman([...run(144, 8), ...run(112, 9), ...run(24, 7), ...run(8, 8)]),
  huffman(run(30, 5)),
];

class Inflater {
  #data;
  #place;
  #bit = 0;
  #out;
  #length = 0;

  constructor(data, place, size) {
    this.#data = data;
    this.#place = place;
    this.#out = new Uint8Array(size);
  }

  #bits(count) {
    let value = 0;
    for (let n = 0; n < count; n++) {
      value |= ((this.#data[this.#place] >> this.#bit) & 1) << n;
      this.#bit = (this.#bit + 1) & 7;
      if (!this.#bit) this.#place++;
    }
    return value;
  }

  #symbol({ counts, symbols }) {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length < 16; length++) {
      code |= this.#bits(1);
      if (code - first < counts[length]) return symbols[index + code - first];
      index += counts[length];
      first = (first + counts[length]) << 1;
      code <<= 1;
    }
    throw new Error("no such code");
  }

  #codes() {
    const [literals, distances, count] = [this.#bits(5) + 257, this.#bits(5) + 1, this.#bits(4) + 4];
    const meta = run(19, 0);
    for (const place of ORDER.slice(0, count)) meta[place] = this.#bits(3);
    const tree = huffman(meta);
    const lengths = [];
    while (lengths.length < literals + distances) {
      const symbol = this.#symbol(tree);
      if (symbol < 16) lengths.push(symbol);
      else if (symbol === 16) lengths.push(...run(3 + this.#bits(2), lengths[lengths.length - 1]));
      else lengths.push(...run(symbol === 17 ? 3 + this.#bits(3) : 11 + this.#bits(7), 0));
    }
    return [huffman(lengths.slice(0, literals)), huffman(lengths.slice(literals))];
  }

  #stored() {
    if (this.#bit) { this.#bit = 0; this.#place++; }
    const length = this.#data[this.#place] | (this.#data[this.#place + 1] << 8);
    this.#place += 4;
    this.#out.set(this.#data.subarray(this.#place, this.#place + length), this.#length);
    this.#place += length;
    this.#length += length;
  }

  #block([literal, distance]) {
    for (;;) {
      const symbol = this.#symbol(literal);
      if (symbol === END_OF_BLOCK) return;
      if (symbol < END_OF_BLOCK) {
        this.#out[this.#length++] = symbol;
        continue;
      }
      const length = LENGTHS[symbol - 257] + this.#bits(LENGTH_BITS[symbol - 257]);
      const code = this.#symbol(distance);
      const from = this.#length - distanceBase(code) - this.#bits(distanceBits(code));
      // Byte by byte, since a copy may reach into itself.
      for (let n = 0; n < length; n++) this.#out[this.#length++] = this.#out[from + n];
    }
  }

  all() {
    for (let isLast = 0; !isLast;) {
      isLast = this.#bits(1);
      const kind = this.#bits(2);
      if (kind === 0) this.#stored();
      else this.#block(kind === 1 ? FIXED : this.#codes());
    }
    return this.#out;
  }
}

// Return the bytes of a gzip file without optional header fields, which is how bundles are packed.
export function gunzip(data) {
  const size = new DataView(data.buffer, data.byteOffset + data.length - 4).getUint32(0, true);
  return new Inflater(data, 10, size).all();
}
