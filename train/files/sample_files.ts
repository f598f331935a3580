import { join } from "node:path";
import { exists } from "./durable.ts";

/** The file of the grid of images that a run drew after `step` steps. */
export function sampleFile(workdir: string, step: number): string {
  return join(workdir, "samples", `${step}.png`);
}

/** The file of the texts that a run's grids are drawn from, a line for each image, row by row. */
export function promptsFile(workdir: string): string {
  return join(workdir, "samples", "prompts.txt");
}

/** The steps that a run has grids of, ascending. */
export async function sampleSteps(workdir: string): Promise<number[]> {
  const folder = join(workdir, "samples");
  if (!await exists(folder)) return [];
  const steps: number[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const step = /^(\d+)\.png$/.exec(name)?.[1];
    if (step !== undefined) steps.push(Number(step));
  }
  return steps.sort((a, b) => a - b);
}
