import type { DatasetProgress } from "../../train/data/dataset.ts";
import type { Progress } from "./progress.ts";
import { waitLine } from "./progress_line.ts";

/** Shows how far a download or the decoding of a data set has come, with the time that is left. */
export function datasetProgress(progress: Progress): (p: DatasetProgress) => void {
  const start = performance.now();
  return ({ what, done, total }) =>
    progress.show(waitLine({
      what: what === "download" ? "downloading" : "decoding",
      done,
      total,
      unit: what === "download" ? "bytes" : "images",
      seconds: (performance.now() - start) / 1000,
    }));
}
