import { join } from "node:path";
import type { ShardEntry } from "./feature_index.ts";
import { OpenFiles } from "./open_files.ts";
import {
  altered,
  checkRow,
  readShardHead,
  rowBytes,
  type Rows,
  type ShardHead,
} from "./row_shard.ts";

/** Files that are read from at the same time. */
const PARALLEL = 8;

/** What rows are read into. */
type Floats = Float32Array<ArrayBuffer> | Float16Array<ArrayBuffer>;

/** Reads rows of shards by number; of the rows no more is in memory than is asked for. */
export class RowReader implements Disposable {
  readonly #files = new OpenFiles();
  readonly #paths: readonly string[];
  /** The number of the first row of each shard, and of the row after the last. */
  readonly #firsts: readonly number[];

  private constructor(
    /** What the rows are. */
    readonly rows: Rows,
    /** The heads of the shards. */
    readonly heads: readonly ShardHead[],
    paths: readonly string[],
    firsts: readonly number[],
  ) {
    this.#paths = paths;
    this.#firsts = firsts;
  }

  /**
   * Reads the heads of all shards, and checks them against the index.
   *
   * @throws {DatasetError} where a file is missing, torn or changed
   */
  static async open(
    folder: string,
    entries: readonly ShardEntry[],
    rows: Rows,
  ): Promise<RowReader> {
    const heads: ShardHead[] = [];
    const firsts = [0];
    const paths = entries.map(({ file }) => join(folder, file));
    for (const [i, entry] of entries.entries()) {
      heads.push(await readShardHead(paths[i], entry, rows));
      firsts.push(firsts[i] + entry.n);
    }
    return new RowReader(rows, heads, paths, firsts);
  }

  /** How many rows there are. */
  get length(): number {
    return this.#firsts[this.#firsts.length - 1];
  }

  /**
   * Reads rows, as floats; those of the type of `into` are not converted.
   *
   * @param into takes them one after another, in the order of `numbers`
   * @throws {DatasetError} where one is not what was written
   * @throws {RangeError} for a number that no row has
   */
  async read(numbers: ArrayLike<number>, into: Floats): Promise<void> {
    const size = this.rows.shape.reduce((n, d) => n * d, 1);
    const byShard = Map.groupBy(
      Array.from(numbers, (number, at) => ({ number, at })),
      ({ number }) => this.#shardOf(number),
    );
    const shards = byShard.entries();
    const work = async () => {
      for (const [shard, wanted] of shards) {
        await this.#files.use(this.#paths[shard], async (file) => {
          for (const { number, at } of wanted.toSorted((a, b) => a.number - b.number)) {
            const row = number - this.#firsts[shard];
            await this.#readRow(file, shard, row, into.subarray(at * size, (at + 1) * size));
          }
        });
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));
  }

  /** Closes the files; reading opens them again. */
  [Symbol.dispose](): void {
    this.#files[Symbol.dispose]();
  }

  async #readRow(
    file: Deno.FsFile,
    shard: number,
    row: number,
    into: Floats,
  ): Promise<void> {
    const path = this.#paths[shard];
    const { begin, checksums } = this.heads[shard];
    const each = rowBytes(this.rows);
    const isSame = into.BYTES_PER_ELEMENT === (this.rows.dtype === "F32" ? 4 : 2);
    const bytes = isSame
      ? new Uint8Array(into.buffer, into.byteOffset, into.byteLength)
      : new Uint8Array(each);
    file.seekSync(begin + row * each, Deno.SeekMode.Start);
    for (let done = 0; done < each;) {
      const count = await file.read(bytes.subarray(done));
      if (count === null) throw altered(path, "it ends early");
      done += count;
    }
    checkRow(path, row, bytes, checksums[row]);
    if (isSame) return;
    const { buffer } = bytes;
    into.set(this.rows.dtype === "F32" ? new Float32Array(buffer) : new Float16Array(buffer));
  }

  /** The shard that holds a row. */
  #shardOf(number: number): number {
    if (!(number >= 0 && number < this.length)) {
      throw new RangeError(`no row ${number}, only 0 to ${this.length - 1}`);
    }
    let [low, high] = [0, this.#paths.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#firsts[middle] <= number) low = middle;
      else high = middle;
    }
    return low;
  }
}
