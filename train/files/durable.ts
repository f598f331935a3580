import { basename, dirname, join } from "node:path";

/** What a file gets: bytes, or blocks of them that need not fit in memory together. */
export type FileContent = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Writes a file that must not exist yet, and returns once its bytes are on the disk. */
export async function writeDurably(file: string, content: FileContent): Promise<void> {
  using handle = await Deno.open(file, { write: true, createNew: true });
  for await (const bytes of content instanceof Uint8Array ? [content] : content) {
    for (let at = 0; at < bytes.length;) at += await handle.write(bytes.subarray(at));
  }
  await handle.sync();
}

/** Writes a file atomically: if the program is killed, the name has the old file or the new one. */
export async function replaceFile(file: string, content: FileContent): Promise<void> {
  const saving = join(dirname(file), `.saving-${basename(file)}`);
  if (await exists(saving)) await Deno.remove(saving);
  try {
    await writeDurably(saving, content);
    await renameDurably(saving, file);
  } catch (error) {
    await discard(saving);
    throw error;
  }
}

/** Renames, replacing a file of the new name, and returns once the new name is on the disk. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await Deno.rename(from, to);
  await syncFolder(dirname(to));
}

/** Returns once a folder's entries are on the disk, where the system can tell. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folders, and flushes their entries by itself.
  if (Deno.build.os === "windows") return;
  using handle = await Deno.open(folder);
  await handle.sync();
}

/**
 * Writes a folder atomically: `write` fills a temporary one, which is flushed and renamed. If the
 * program is killed, what has the folder's name is complete.
 */
export async function replaceFolder(
  folder: string,
  write: (saving: string) => Promise<void>,
): Promise<void> {
  const saving = join(folder, "..", `.saving-${basename(folder)}`);
  const replaced = `${folder}.replaced`;
  if (await exists(saving)) await Deno.remove(saving, { recursive: true });
  await Deno.mkdir(saving);
  try {
    await write(saving);
    await syncFolder(saving);
  } catch (error) {
    await discard(saving);
    throw error;
  }
  if (await exists(folder)) {
    // Folders cannot be swapped in one step, so the old one stays readable under a second name.
    if (await exists(replaced)) await removeFolder(replaced);
    await renameDurably(folder, replaced);
  }
  await renameDurably(saving, folder);
  if (await exists(replaced)) await removeFolder(replaced);
}

/** Removes an incomplete file or folder; the error to report is why it is incomplete. */
async function discard(saving: string): Promise<void> {
  await Deno.remove(saving, { recursive: true }).catch(() => {});
}

/** Removes a folder; one that is removed only in part no longer has its name. */
export async function removeFolder(folder: string): Promise<void> {
  const removing = join(folder, "..", `.removing-${basename(folder)}`);
  await Deno.rename(folder, removing);
  await Deno.remove(removing, { recursive: true });
}

/** Whether a file or folder of that name exists. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
