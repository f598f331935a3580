import { dirname } from "node:path";

/** Writes a file that must not exist yet, and returns once its bytes have reached the disk. */
export async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  using handle = await Deno.open(file, { write: true, createNew: true });
  for (let at = 0; at < bytes.length;) at += await handle.write(bytes.subarray(at));
  await handle.sync();
}

/**
 * Renames, replacing a file of the new name, and returns once the new name has reached the disk.
 */
export async function renameDurably(from: string, to: string): Promise<void> {
  await Deno.rename(from, to);
  await syncFolder(dirname(to));
}

/** Returns once a folder's list of names has reached the disk, where the system can say so. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folders, and keeps its names safe by itself.
  if (Deno.build.os === "windows") return;
  using handle = await Deno.open(folder);
  await handle.sync();
}
