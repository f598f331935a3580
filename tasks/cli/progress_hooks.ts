import type { Progress } from "./progress.ts";
import { workLine } from "./progress_line.ts";

/** Called with the amount done and the total amount of some work. */
export type ProgressHook = (done: number, total: number) => void;

/** Makes a {@linkcode ProgressHook} for the named work, whose amount is counted in `unit`. */
export type ProgressHooks = (what: string, unit: string) => ProgressHook;

/** Hooks that show a line in `progress`, with the time left. */
export function progressHooks(progress: Progress): ProgressHooks {
  const starts = new Map<string, number>();
  return (what, unit) => (done, total) => {
    const now = performance.now();
    const start = starts.get(what) ?? now;
    starts.set(what, start);
    progress.show(workLine({ what, done, total, unit, seconds: (now - start) / 1000 }));
  };
}
