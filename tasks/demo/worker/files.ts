/** Files by their path, `runs/run-1/latest.json`; folders are made as they are needed. */
export interface Files {
  /** The bytes of a file; null where there is none. */
  read(path: string): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Writes a file: whatever happens, its name has the old bytes or the new ones. */
  write(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Removes a file, or a folder with all that is in it, where there is one. */
  remove(path: string): Promise<void>;
  /** The names in a folder; none where there is no such folder. */
  names(path: string): Promise<string[]>;
}

/** Files that are gone with the page, for a window that may keep none. */
export class MemoryFiles implements Files {
  readonly #files = new Map<string, Uint8Array<ArrayBuffer>>();

  /** See {@linkcode Files.read}. */
  read(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
    return Promise.resolve(this.#files.get(path)?.slice() ?? null);
  }

  /** See {@linkcode Files.write}. */
  write(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#files.set(path, bytes.slice());
    return Promise.resolve();
  }

  /** See {@linkcode Files.remove}. */
  remove(path: string): Promise<void> {
    for (const file of [...this.#files.keys()]) {
      if (file === path || file.startsWith(`${path}/`)) this.#files.delete(file);
    }
    return Promise.resolve();
  }

  /** See {@linkcode Files.names}. */
  names(path: string): Promise<string[]> {
    const inside = [...this.#files.keys()].filter((file) => file.startsWith(`${path}/`));
    return Promise.resolve([
      ...new Set(inside.map((file) => file.slice(path.length + 1).split("/")[0])),
    ]);
  }
}
