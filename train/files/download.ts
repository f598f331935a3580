/** Fetches a file once: checked, with progress, never half-written under its name. */

import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";

const TIMEOUT_MS = 60_000;
const ABANDONED_MS = 3_600_000;
const PART = ".part";

/**
 * How far a download has come.
 * @category Files
 */
export interface DownloadProgress {
  /** Distinguishes it from other work that is reported. */
  what: "download";
  /** Bytes so far. */
  done: number;
  /** Bytes of the whole file; NaN where the server does not say. */
  total: number;
}

/** A file could not be downloaded; the message says from where and why. */
export class DownloadError extends Error {
  /** Its name in messages. */
  override name = "DownloadError";
}

/**
 * Downloads `url` to the file `to`: under a temporary name until its checksum is right.
 *
 * @param sha256 the file's whole SHA-256 sum, hexadecimal
 * @param timeout_ms how long the server may send nothing, milliseconds
 * @throws {DownloadError} where it cannot be fetched or stored, or has another checksum
 */
export async function download(
  { url, to, sha256, timeout_ms = TIMEOUT_MS, onProgress }: {
    url: string;
    to: string;
    sha256: string;
    timeout_ms?: number;
    onProgress?: (progress: DownloadProgress) => void;
  },
): Promise<void> {
  const folder = dirname(to);
  let part: string | null = null;
  const timeout = new AbortController();
  const giveUp = () => timeout.abort(new Error(`no answer for ${timeout_ms / 1000} s`));
  let timer = setTimeout(giveUp, timeout_ms);
  try {
    await Deno.mkdir(folder, { recursive: true });
    await removeAbandoned(folder, basename(to));
    const response = await fetch(url, { signal: timeout.signal });
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      throw new Error(`the server says ${response.status} ${response.statusText}`.trim());
    }
    part = await Deno.makeTempFile({ dir: folder, prefix: basename(to), suffix: PART });
    using file = await Deno.open(part, { write: true });
    const total = Number(response.headers.get("content-length") ?? NaN);
    const hash = createHash("sha256");
    let done = 0;
    for await (const chunk of response.body) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, timeout_ms);
      hash.update(chunk);
      for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
      onProgress?.({ what: "download", done: done += chunk.length, total });
    }
    const found = hash.digest("hex");
    if (found !== sha256) throw new Error(`its SHA-256 sum is ${found} instead of ${sha256}`);
    await file.sync();
    await Deno.rename(part, to);
    part = null;
  } catch (error) {
    // "fetch failed" says nothing, its cause does.
    const reason = error instanceof Error ? error.cause ?? error : error;
    const problem = reason instanceof Error ? reason.message : String(reason);
    throw new DownloadError(`cannot download ${url} to ${folder}: ${problem}`);
  } finally {
    clearTimeout(timer);
    if (part !== null) await Deno.remove(part);
  }
}

/** Removes temporary files of killed downloads; a running one writes to its own all the time. */
async function removeAbandoned(folder: string, name: string): Promise<void> {
  for await (const entry of Deno.readDir(folder)) {
    if (!entry.name.startsWith(name) || !entry.name.endsWith(PART)) continue;
    const path = join(folder, entry.name);
    const { mtime } = await Deno.stat(path);
    if (mtime && Date.now() - mtime.getTime() > ABANDONED_MS) await Deno.remove(path);
  }
}
