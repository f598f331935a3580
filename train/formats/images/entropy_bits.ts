/** Entropy-coded data of JPEG files as bits (ITU-T T.81, annex F): read, and copied elsewhere. */

/** What the codes of a Huffman table stand for, by code with a 1 before it: 0b101 is the code 01. */
export type Codes = ReadonlyMap<number, number>;

/** Adds the Huffman tables of a segment: by 0 to 3 those of DC, by 16 to 19 of AC coefficients. */
export function readCodes(payload: Uint8Array, codes: Map<number, Codes>): void {
  for (let at = 0; at + 17 <= payload.length;) {
    const table = new Map<number, number>();
    const name = payload[at];
    let value = at + 17;
    let code = 0;
    for (let length = 1; length <= 16; length++) {
      for (let i = 0; i < payload[at + length]; i++) {
        table.set((1 << length) | code++, payload[value++]);
      }
      code <<= 1;
    }
    codes.set(name, table);
    at = value;
  }
}

/** Where the marker after entropy-coded data begins. @throws {Error} where there is none */
export function endOfData(bytes: Uint8Array, at: number): number {
  while (true) {
    at = bytes.indexOf(0xff, at);
    if (at < 0) throw new Error("its data end early");
    const next = bytes[at + 1];
    if (next !== 0 && !(next >= 0xd0 && next <= 0xd7)) return at;
    at += 2;
  }
}

/** Reads codes, and copies them to files. */
export class BitReader {
  #byte = 0;
  #left = 0;

  constructor(
    readonly bytes: Uint8Array,
    /** The next byte. */
    public at: number,
  ) {}

  /** Copies `n` bits. @throws {Error} where a marker comes before them */
  copy(n: number, files: readonly JpegWriter[]): void {
    for (let i = 0; i < n; i++) this.#copyBit(files);
  }

  /** Copies one code. @returns what it stands for */
  symbol(codes: Codes | undefined, files: readonly JpegWriter[]): number {
    let code = 1;
    for (let length = 0; length < 16; length++) {
      code = code << 1 | this.#copyBit(files);
      const symbol = codes?.get(code);
      if (symbol !== undefined) return symbol;
    }
    throw new Error("Corrupt JPEG data: bad Huffman code");
  }

  /** Passes over a restart marker. @returns its code */
  restart(): number {
    this.#left = 0;
    const marker = this.bytes[this.at + 1];
    const isRestart = this.bytes[this.at] === 0xff && marker >= 0xd0 && marker <= 0xd7;
    if (!isRestart) throw new Error("Corrupt JPEG data: a restart marker is missing");
    this.at += 2;
    return marker;
  }

  #copyBit(files: readonly JpegWriter[]): number {
    if (this.#left === 0) {
      this.#byte = this.bytes[this.at++];
      if (this.#byte === 0xff && this.bytes[this.at++] !== 0) throw new Error("its data end early");
      this.#left = 8;
    }
    const bit = (this.#byte >> --this.#left) & 1;
    for (const file of files) file.bit(bit);
    return bit;
  }
}

/** Writes segments and entropy-coded bits. */
export class JpegWriter {
  readonly #bytes: Uint8Array;
  #length = 0;
  #byte = 0;
  #bits = 0;

  /** @param most bytes that may be written */
  constructor(most: number) {
    this.#bytes = new Uint8Array(most);
  }

  /** Appends bytes as they are. */
  bytes(part: ArrayLike<number>): void {
    this.#bytes.set(part, this.#length);
    this.#length += part.length;
  }

  /** Appends a bit of entropy-coded data. */
  bit(bit: number): void {
    this.#byte = this.#byte << 1 | bit;
    if (++this.#bits < 8) return;
    this.#bytes[this.#length++] = this.#byte;
    if (this.#byte === 0xff) this.#bytes[this.#length++] = 0;
    this.#byte = this.#bits = 0;
  }

  /** Fills the last byte with ones. */
  align(): void {
    while (this.#bits > 0) this.bit(1);
  }

  /** Appends a restart marker. */
  restart(marker: number): void {
    this.align();
    this.bytes([0xff, marker]);
  }

  /** All that was written. */
  done(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
