import { PickleError } from "./pickled_value.ts";

const MAX_LONG_BYTES = 256;

/** Reads the arguments of a pickle's opcodes, with bounds checked: past the end is a {@linkcode PickleError}. */
export class PickleReader {
  at = 0;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #take(length: number): number {
    const begin = this.at;
    if (begin + length > this.#bytes.length) throw new PickleError("it ends early");
    this.at += length;
    return begin;
  }

  u8(): number {
    return this.#bytes[this.#take(1)];
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), false);
  }

  length64(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true));
  }

  /** An integer in two's complement, lowest byte first. */
  long(length: number): number | bigint {
    if (length > MAX_LONG_BYTES) throw new PickleError(`it has a number of ${length} bytes`);
    const bytes = this.bytes(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = value << 8n | BigInt(bytes[i]);
    const signed = BigInt.asIntN(8 * length, value);
    const number = Number(signed);
    return Number.isSafeInteger(number) ? number : signed;
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    const begin = this.#take(length);
    return this.#bytes.subarray(begin, begin + length);
  }

  text(length: number): string {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.bytes(length));
    } catch (error) {
      if (error instanceof PickleError) throw error;
      throw new PickleError("its text is not UTF-8");
    }
  }

  latin1(length: number): string {
    return fromLatin1(this.bytes(length));
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.at);
    if (end < 0) throw new PickleError("it ends early");
    const text = this.latin1(end - this.at);
    this.at = end + 1;
    return text;
  }
}

/** One character per byte. */
function fromLatin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
