/** Wire types of a protobuf field's key. */
const VARINT = 0;
const I64 = 1;
const LEN = 2;
const I32 = 5;

const encoder = new TextEncoder();

/** The bytes of a protobuf message, written field by field. */
export class Message {
  #bytes = new Uint8Array(64);
  #length = 0;

  /** An integer field, `int32`, `int64`, `bool` or `enum`: a safe integer that is not negative. */
  integer(field: number, value: number): this {
    this.#key(field, VARINT);
    this.#varint(value);
    return this;
  }

  /** A `double` field. */
  double(field: number, value: number): this {
    this.#key(field, I64);
    this.#number(8, (view) => view.setFloat64(0, value, true));
    return this;
  }

  /** A `float` field. */
  float(field: number, value: number): this {
    this.#key(field, I32);
    this.#number(4, (view) => view.setFloat32(0, value, true));
    return this;
  }

  /** A `string` field, in UTF-8. */
  text(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value));
  }

  /** A `bytes` field. */
  bytes(field: number, value: Uint8Array): this {
    this.#key(field, LEN);
    this.#varint(value.length);
    this.#room(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  /** A field that is a message. */
  message(field: number, value: Message): this {
    return this.bytes(field, value.encoded());
  }

  /** What was written so far; valid until more is. */
  encoded(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #key(field: number, type: number): void {
    this.#varint(8 * field + type);
  }

  /** Seven bits a byte, the lowest first; by division, as steps may have more than 32 bits. */
  #varint(value: number): void {
    this.#room(8);
    for (; value > 0x7f; value = Math.floor(value / 128)) {
      this.#bytes[this.#length++] = (value % 128) | 0x80;
    }
    this.#bytes[this.#length++] = value;
  }

  #number(size: number, write: (view: DataView) => void): void {
    this.#room(size);
    write(new DataView(this.#bytes.buffer, this.#length, size));
    this.#length += size;
  }

  #room(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * (this.#length + size));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
