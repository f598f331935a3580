/** Memory that is written as a structure of C; what it points to lives as long as it. */
export class CStructure {
  /** The memory. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #held: unknown[] = [];

  /** Zeros but for Vulkan's `sType`, which every structure of its starts with. */
  constructor(bytes: number, sType: number = 0) {
    this.bytes = new Uint8Array(bytes);
    this.#view = new DataView(this.bytes.buffer);
    if (sType > 0) this.u32(0, sType);
  }

  /** Writes 32 bits. */
  u32(at: number, value: number): this {
    this.#view.setUint32(at, value, true);
    return this;
  }

  /** Writes 64 bits. */
  u64(at: number, value: bigint): this {
    this.#view.setBigUint64(at, value, true);
    return this;
  }

  /** Writes the address of other memory. */
  pointer(at: number, to: CStructure | Uint8Array<ArrayBuffer>): this {
    this.#held.push(to);
    const bytes = to instanceof CStructure ? to.bytes : to;
    return this.u64(at, Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes)));
  }

  /** Reads 32 bits. */
  readU32(at: number): number {
    return this.#view.getUint32(at, true);
  }

  /** Reads 64 bits. */
  readU64(at: number): bigint {
    return this.#view.getBigUint64(at, true);
  }

  /** Reads a double. */
  readF64(at: number): number {
    return this.#view.getFloat64(at, true);
  }

  /** Reads text of at most `bytes` bytes, up to a zero. */
  readText(at: number, bytes: number): string {
    return cText(this.bytes.subarray(at, at + bytes));
  }
}

/** Text with a zero behind it. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}

/** Text up to a zero. */
export function cText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
