/** Reading tar archives from a stream. */

/** A file of an archive. */
export interface TarFile {
  /** Its path inside the archive. */
  name: string;
  /** Its content. */
  bytes: Uint8Array<ArrayBuffer>;
}

/** An archive cannot be read; the message names the problem. */
export class TarError extends Error {
  /** The class's name. */
  override readonly name: string = "TarError";
}

const BLOCK = 512;
const PREFIX_MAGIC = "ustar";

/**
 * Yields the regular files whose name `isRequested` accepts; the others are skipped unbuffered. The
 * archive is read to its end, so that a truncated one is always noticed. Extended headers, for
 * names over 255 bytes, are not read.
 *
 * @throws {TarError} when the archive ends early or a header's checksum is wrong.
 */
export async function* readTar(
  archive: AsyncIterable<Uint8Array>,
  isRequested: (name: string) => boolean,
): AsyncGenerator<TarFile, void, undefined> {
  const reader = new ChunkReader(archive);
  for (;;) {
    const header = await reader.take(BLOCK);
    if (header.every((byte) => byte === 0)) break;
    const { name, size, isFile } = parseHeader(header);
    if (isFile && isRequested(name)) yield { name, bytes: await reader.take(size) };
    else await reader.skip(size);
    await reader.skip((BLOCK - size % BLOCK) % BLOCK);
  }
  await reader.drain();
}

function parseHeader(header: Uint8Array): { name: string; size: number; isFile: boolean } {
  const text = (begin: number, length: number) => {
    const field = header.subarray(begin, begin + length);
    const end = field.indexOf(0);
    return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
  };
  const octal = (begin: number, length: number) => {
    const digits = text(begin, length).trim();
    if (!/^[0-7]+$/.test(digits)) throw new TarError("it is not a tar archive, or it is damaged");
    return parseInt(digits, 8);
  };
  const CHECKSUM = 148;
  const sum = header.reduce(
    (total, byte, i) => total + (i >= CHECKSUM && i < CHECKSUM + 8 ? 0x20 : byte),
    0,
  );
  if (octal(CHECKSUM, 8) !== sum) throw new TarError("it is not a tar archive, or it is damaged");
  const prefix = text(257, 5) === PREFIX_MAGIC ? text(345, 155) : "";
  const type = text(156, 1);
  return {
    name: prefix ? `${prefix}/${text(0, 100)}` : text(0, 100),
    size: octal(124, 12),
    isFile: type === "" || type === "0",
  };
}

/** Reads a given number of bytes at a time from chunks of any size. */
class ChunkReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);

  constructor(archive: AsyncIterable<Uint8Array>) {
    this.#chunks = archive[Symbol.asyncIterator]();
  }

  async take(size: number): Promise<Uint8Array<ArrayBuffer>> {
    // The size may be false: nothing is allocated for it until that many bytes have arrived.
    const pieces: Uint8Array[] = [];
    await this.#walk(size, (piece) => pieces.push(piece));
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  async skip(size: number): Promise<void> {
    await this.#walk(size, () => {});
  }

  async drain(): Promise<void> {
    while (!(await this.#chunks.next()).done);
  }

  async #walk(size: number, visit: (piece: Uint8Array) => void): Promise<void> {
    for (let left = size; left > 0;) {
      if (this.#chunk.length === 0) {
        const { done, value } = await this.#chunks.next();
        if (done) throw new TarError("it ends early");
        this.#chunk = value;
      }
      const piece = this.#chunk.subarray(0, left);
      this.#chunk = this.#chunk.subarray(piece.length);
      left -= piece.length;
      visit(piece);
    }
  }
}
