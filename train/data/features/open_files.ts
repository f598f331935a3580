import { DatasetError } from "../dataset.ts";

/** Files that stay open at once; systems allow some hundreds. */
const MOST = 64;

interface OpenFile {
  readonly file: Deno.FsFile;
  /** Ends with the last use so far. */
  queue: Promise<unknown>;
}

/** Files that are opened when they are used, the most recent of which stay open. */
export class OpenFiles implements Disposable {
  /** By path, the least recently used first. */
  readonly #open = new Map<string, OpenFile>();

  /** @param most files that stay open */
  constructor(readonly most: number = MOST) {}

  /** How many are open. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Gives a file to `use`, which has its position for itself until it ends.
   *
   * @throws {DatasetError} where it cannot be opened
   */
  async use<T>(path: string, use: (file: Deno.FsFile) => Promise<T>): Promise<T> {
    const open = this.#open.get(path) ?? { file: opened(path), queue: Promise.resolve() };
    this.#open.delete(path);
    this.#open.set(path, open);
    const result = open.queue.then(() => use(open.file));
    open.queue = result.catch(() => {});
    for (const [path] of [...this.#open].slice(0, Math.max(0, this.#open.size - this.most))) {
      this.#close(path);
    }
    return await result;
  }

  /** Closes all, each when its last use has ended; using one opens it again. */
  [Symbol.dispose](): void {
    for (const path of this.#open.keys()) this.#close(path);
  }

  #close(path: string): void {
    const { file, queue } = this.#open.get(path)!;
    this.#open.delete(path);
    queue.then(() => file.close());
  }
}

function opened(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path);
  } catch (error) {
    throw new DatasetError(`${path} cannot be opened: ${(error as Error).message}`);
  }
}
