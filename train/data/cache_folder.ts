import { homedir } from "node:os";
import { join } from "node:path";

/** The user's folder of files that were downloaded once. */
export function cacheFolder(): string {
  return join(Deno.env.get("XDG_CACHE_HOME") || join(homedir(), ".cache"), "scalelong");
}
