import type { Files } from "./files.ts";

/** What is used of a file of the origin's private file system. */
interface FileHandle {
  getFile(): Promise<Blob>;
  /** In workers only. */
  createSyncAccessHandle(): Promise<{
    truncate(size: number): void;
    write(bytes: Uint8Array<ArrayBuffer>, options: { at: number }): number;
    flush(): void;
    close(): void;
  }>;
  move(name: string): Promise<void>;
}

/** What is used of a folder. */
interface FolderHandle {
  getDirectoryHandle(name: string, options?: { create: boolean }): Promise<FolderHandle>;
  getFileHandle(name: string, options?: { create: boolean }): Promise<FileHandle>;
  removeEntry(name: string, options: { recursive: boolean }): Promise<void>;
  keys(): AsyncIterable<string>;
}

/** What a file is called until it is whole. */
const SAVING = ".saving";

/** The origin's private file system, which outlives the page. For a worker. */
export class PrivateFiles implements Files {
  readonly #root: FolderHandle;

  private constructor(root: FolderHandle) {
    this.#root = root;
  }

  /** Null where this window may keep no files, as in private browsing. */
  static async open(): Promise<PrivateFiles | null> {
    const { storage } = navigator as unknown as {
      storage?: { getDirectory?(): Promise<FolderHandle> };
    };
    try {
      const root = await storage?.getDirectory?.();
      return root ? new PrivateFiles(root) : null;
    } catch {
      return null;
    }
  }

  /** See {@linkcode Files.read}. */
  async read(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
    return await whereFound(async () => {
      const { folder, name } = await this.#at(path, false);
      const file = await (await folder.getFileHandle(name)).getFile();
      return new Uint8Array(await file.arrayBuffer());
    }, null);
  }

  /** See {@linkcode Files.write}: written beside, flushed, and moved over. */
  async write(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const { folder, name } = await this.#at(path, true);
    const file = await folder.getFileHandle(name + SAVING, { create: true });
    const open = await file.createSyncAccessHandle();
    try {
      open.truncate(0);
      for (let at = 0; at < bytes.length;) at += open.write(bytes.subarray(at), { at });
      open.flush();
    } finally {
      open.close();
    }
    await file.move(name);
  }

  /** See {@linkcode Files.remove}. */
  async remove(path: string): Promise<void> {
    await whereFound(async () => {
      const { folder, name } = await this.#at(path, false);
      await folder.removeEntry(name, { recursive: true });
    }, undefined);
  }

  /** See {@linkcode Files.names}. */
  async names(path: string): Promise<string[]> {
    return await whereFound(async () => {
      const { folder, name } = await this.#at(path, false);
      const names = await Array.fromAsync((await folder.getDirectoryHandle(name)).keys());
      return names.filter((name) => !name.endsWith(SAVING));
    }, []);
  }

  async #at(path: string, create: boolean): Promise<{ folder: FolderHandle; name: string }> {
    const parts = path.split("/");
    const name = parts.pop()!;
    let folder = this.#root;
    for (const part of parts) folder = await folder.getDirectoryHandle(part, { create });
    return { folder, name };
  }
}

async function whereFound<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotFoundError") return otherwise;
    throw error;
  }
}
