import { counted } from "../../engine/counted.ts";
import { sampleFile, sampleSteps } from "../../train/files/sample_files.ts";
import { escape } from "../../page/html.ts";
import type { LoggedRun } from "./logged_run.ts";

/** Limits of the images on a page, over all runs. */
const IMAGES = 16;
const BYTES = 3e6;
/** Images of a run at least, where it has as many, and at most. */
const [FEW, MANY] = [3, 8];

/** The grids of a run through time, at even distances; empty without any. @returns HTML */
export async function sampleStrip({ workdir, name }: LoggedRun, runs: number): Promise<string> {
  const steps = await sampleSteps(workdir);
  if (steps.length === 0) return "";
  const files = await Promise.all(steps.map(async (step) => {
    const file = sampleFile(workdir, step);
    return { step, file, bytes: (await Deno.stat(file)).size };
  }));
  let chosen = spread(files, Math.min(MANY, Math.max(FEW, Math.floor(IMAGES / runs))));
  const bytes = () => chosen.reduce((sum, file) => sum + file.bytes, 0);
  while (chosen.length > 0 && bytes() > BYTES / runs) chosen = spread(files, chosen.length - 1);
  if (chosen.length === 0) {
    return `<p>The images of ${escape(name)} are too large for this page.</p>`;
  }
  const figures = await Promise.all(chosen.map(async ({ step, file }) => {
    const data = (await Deno.readFile(file)).toBase64();
    const alt = `images of ${escape(name)} after ${counted(step, "step")}`;
    return `<figure><img alt="${alt}" src="data:image/png;base64,${data}">` +
      `<figcaption>step ${step}</figcaption></figure>`;
  }));
  return `<div class="strip">${figures.join("\n")}</div>`;
}

/** `n` of a list at even distances, the last always. */
export function spread<T>(list: readonly T[], n: number): T[] {
  if (n >= list.length) return [...list];
  return Array.from(
    { length: n },
    (_, i) => list[n === 1 ? list.length - 1 : Math.round(i * (list.length - 1) / (n - 1))],
  );
}
