import type { Progress } from "./progress.ts";
import { waitLine } from "./progress_line.ts";

/** Shows how far a long wait has come. */
export type Wait = (done: number, total: number) => void;

/** Makes a {@linkcode Wait} for what is going on, counted in a unit, from now on. */
export type ProgressHooks = (what: string, unit: string) => Wait;

/** ProgressHooks whose lines `progress` shows, with the time that is left. */
export function progressHooks(progress: Progress): ProgressHooks {
  const starts = new Map<string, number>();
  return (what, unit) => (done, total) => {
    const now = performance.now();
    const start = starts.get(what) ?? now;
    starts.set(what, start);
    progress.show(waitLine({ what, done, total, unit, seconds: (now - start) / 1000 }));
  };
}
