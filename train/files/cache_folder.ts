import { homedir } from "node:os";
import { join } from "node:path";

/** The folder where this program keeps what it downloads and measures once for a user. */
export function cacheFolder(): string {
  return join(Deno.env.get("XDG_CACHE_HOME") || join(homedir(), ".cache"), "scalelong");
}
