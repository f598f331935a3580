import type { DatasetProgress } from "../../train/data/dataset.ts";
import type { Progress } from "./progress.ts";
import { workLine } from "./progress_line.ts";

/** A callback that shows the progress of the download or decoding of a data set. */
export function datasetProgress(progress: Progress): (p: DatasetProgress) => void {
  const start = performance.now();
  return ({ what, done, total }) =>
    progress.show(workLine({
      what: what === "download" ? "downloading" : "decoding",
      done,
      total,
      unit: what === "download" ? "bytes" : "images",
      seconds: (performance.now() - start) / 1000,
    }));
}
