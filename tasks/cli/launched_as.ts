import { type Launcher, launcherOf } from "../../train/collective/launcher.ts";

/** What started this process as one of several; null where nothing did. */
export function launchedAs(): Launcher | null {
  return launcherOf((name) => Deno.env.get(name));
}
