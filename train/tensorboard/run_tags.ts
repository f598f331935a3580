/** Values of a log that are no curves. */
const LEFT_OUT = ["step", "seconds", "best_step", "fid_n_samples"];

/**
 * What TensorBoard calls the numbers of a line of a run's log or probes, in groups: `train/loss`,
 * `eval/fid`, `feature_norm/skips.1`. What is no finite number is left out.
 */
export function runTags(entry: Readonly<Record<string, unknown>>): [tag: string, value: number][] {
  return Object.entries(entry).flatMap(([name, value]): [string, number][] =>
    typeof value === "number" && Number.isFinite(value) && !LEFT_OUT.includes(name)
      ? [[tagOf(name), value]]
      : []
  );
}

function tagOf(name: string): string {
  // A probe's name has a group: feature_norm.skips.1.
  if (name.includes(".")) return name.replace(".", "/");
  if (name.endsWith("fid")) return `eval/${name}`;
  return name === "update_ratio" ? "weights/update_ratio" : `train/${name}`;
}
