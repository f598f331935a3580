/** Writing Python pickles. */
import { OpaqueValue, type PickledValue, PickleError } from "./pickled_value.ts";
import type { StoredTensor } from "./stored_tensor.ts";

const MAX_DEPTH = 500;

/** Builds a pickle, opcode by opcode. */
export class PickleWriter {
  #bytes = new Uint8Array(4096);
  #length = 0;

  /** Starts a pickle. @param protocol 2, which every Python reads, or 3, which has bytes */
  constructor(protocol: 2 | 3 = 2) {
    this.#op("\x80").#op(String.fromCharCode(protocol));
  }

  /** Writes a value; `tensor` writes each tensor inside it. */
  value(value: PickledValue, tensor: (tensor: StoredTensor) => void, depth = 0): void {
    if (depth > MAX_DEPTH) throw new PickleError(`values nested over ${MAX_DEPTH} deep`);
    if (value === null) this.none();
    else if (typeof value === "boolean") this.truth(value);
    else if (typeof value === "number") this.number(value);
    else if (typeof value === "bigint") this.#long(value);
    else if (typeof value === "string") this.text(value);
    else if (value instanceof OpaqueValue) {
      throw new PickleError(`an object of ${value.name} is not written`);
    } else if (Array.isArray(value)) {
      this.#op("]").mark();
      for (const item of value) this.value(item, tensor, depth + 1);
      this.#op("e");
    } else if (value instanceof Map) {
      this.#op("}").mark();
      for (const [key, item] of value) {
        this.value(key, tensor, depth + 1);
        this.value(item, tensor, depth + 1);
      }
      this.#op("u");
    } else tensor(value);
  }

  /** Pushes a number: an int where it is an integer, else a float. */
  number(value: number): this {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      this.#op("G");
      this.#space(8).setFloat64(0, value, false);
    } else if (value === (value | 0)) {
      this.#op("J");
      this.#space(4).setInt32(0, value, true);
    } else this.#long(BigInt(value));
    return this;
  }

  /** Pushes a string. */
  text(text: string): this {
    const bytes = new TextEncoder().encode(text);
    this.#op("X");
    this.#space(4).setUint32(0, bytes.length, true);
    this.#put(bytes);
    return this;
  }

  /** Pushes a bool. */
  truth(value: boolean): this {
    return this.#op(value ? "\x88" : "\x89");
  }

  /** Pushes None. */
  none(): this {
    return this.#op("N");
  }

  /** Pushes bytes; needs protocol 3. */
  bytes(bytes: Uint8Array): this {
    this.#op("B");
    this.#space(4).setUint32(0, bytes.length, true);
    this.#put(bytes);
    return this;
  }

  /** Pushes a mark, which begins a tuple. */
  mark(): this {
    return this.#op("(");
  }

  /** Makes a tuple of everything above the mark. */
  tuple(): this {
    return this.#op("t");
  }

  /** Pushes a class or function by its name. */
  global(module: string, name: string): this {
    this.#op("c");
    this.#put(new TextEncoder().encode(`${module}\n${name}\n`));
    return this;
  }

  /** Calls the global below with the tuple on top. */
  reduce(): this {
    return this.#op("R");
  }

  /** Sets the state of the object below to the tuple on top. */
  build(): this {
    return this.#op("b");
  }

  /** Replaces the tuple on top by the object whose persistent id it is. */
  persistent(): this {
    return this.#op("Q");
  }

  /** Ends the pickle and returns it. */
  end(): Uint8Array<ArrayBuffer> {
    this.#op(".");
    return this.#bytes.slice(0, this.#length);
  }

  #long(value: bigint): void {
    const bytes: number[] = [];
    let rest = value;
    do {
      bytes.push(Number(BigInt.asUintN(8, rest)));
      rest >>= 8n;
    } while (rest !== (bytes.at(-1)! < 128 ? 0n : -1n));
    if (bytes.length > 255) throw new PickleError("a number of over 255 bytes cannot be stored");
    this.#op("\x8a");
    this.#put(Uint8Array.of(bytes.length, ...bytes));
  }

  #op(character: string): this {
    this.#space(1).setUint8(0, character.charCodeAt(0));
    return this;
  }

  #put(bytes: Uint8Array): void {
    const { byteOffset } = this.#space(bytes.length);
    this.#bytes.set(bytes, byteOffset);
  }

  #space(length: number): DataView {
    const begin = this.#length;
    this.#length += length;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#length);
      larger.set(this.#bytes.subarray(0, begin));
      this.#bytes = larger;
    }
    return new DataView(this.#bytes.buffer, begin, length);
  }
}
