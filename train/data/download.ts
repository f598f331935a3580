/** Fetching a file once, checked, with progress, never leaving a half-written one in its place. */

import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { DatasetError, type DatasetProgress } from "./dataset.ts";

const PATIENCE_MS = 60_000;
const ABANDONED_MS = 3_600_000;
const PART = ".part";

/** What a file's bytes must come to. */
export interface Checksum {
  algorithm: "md5" | "sha256";
  /** The hexadecimal sum, or what it begins with. */
  hex: string;
}

/**
 * Downloads `url` to the file `to` under a temporary name, which it gets once its checksum is right.
 *
 * @param patience_ms how long the other side may say nothing.
 * @throws {DatasetError} when it cannot be fetched or stored, or is not the file expected.
 */
export async function download(
  { url, to, checksum, patience_ms = PATIENCE_MS, onProgress }: {
    url: string;
    to: string;
    checksum: Checksum;
    patience_ms?: number;
    onProgress?: (progress: DatasetProgress) => void;
  },
): Promise<void> {
  const folder = dirname(to);
  let part: string | null = null;
  const silence = new AbortController();
  const giveUp = () => silence.abort(new Error(`no answer for ${patience_ms / 1000} s`));
  let timer = setTimeout(giveUp, patience_ms);
  try {
    await Deno.mkdir(folder, { recursive: true });
    await removeAbandoned(folder, basename(to));
    const response = await fetch(url, { signal: silence.signal });
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      throw new Error(`the server says ${response.status} ${response.statusText}`.trim());
    }
    part = await Deno.makeTempFile({ dir: folder, prefix: basename(to), suffix: PART });
    using file = await Deno.open(part, { write: true });
    const total = Number(response.headers.get("content-length") ?? NaN);
    const hash = createHash(checksum.algorithm);
    let done = 0;
    for await (const chunk of response.body) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, patience_ms);
      hash.update(chunk);
      for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
      onProgress?.({ what: "download", done: done += chunk.length, total });
    }
    const found = hash.digest("hex");
    if (!found.startsWith(checksum.hex)) {
      const sum = checksum.algorithm === "md5" ? "MD5" : "SHA-256";
      throw new Error(`its ${sum} sum is ${found} instead of ${checksum.hex}`);
    }
    await file.sync();
    await Deno.rename(part, to);
    part = null;
  } catch (error) {
    // "fetch failed" says nothing, its cause does.
    const reason = error instanceof Error ? error.cause ?? error : error;
    const problem = reason instanceof Error ? reason.message : String(reason);
    throw new DatasetError(`cannot download ${url} to ${folder}: ${problem}`);
  } finally {
    clearTimeout(timer);
    if (part !== null) await Deno.remove(part);
  }
}

/** A killed download leaves its temporary file; a living one writes to its own all the time. */
async function removeAbandoned(folder: string, name: string): Promise<void> {
  for await (const entry of Deno.readDir(folder)) {
    if (!entry.name.startsWith(name) || !entry.name.endsWith(PART)) continue;
    const path = join(folder, entry.name);
    const { mtime } = await Deno.stat(path);
    if (mtime && Date.now() - mtime.getTime() > ABANDONED_MS) await Deno.remove(path);
  }
}
