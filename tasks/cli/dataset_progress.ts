import type { DatasetProgress } from "../../train/data/dataset.ts";
import type { Progress } from "./progress.ts";
import { workLine } from "./progress_line.ts";

/** What is done, and what it is counted in. */
const WORK: Readonly<Record<DatasetProgress["what"], { what: string; unit: string }>> = {
  download: { what: "downloading", unit: "bytes" },
  decode: { what: "decoding", unit: "images" },
  read: { what: "reading", unit: "images" },
};

/** A callback that shows how far the preparation of a data set has come. */
export function datasetProgress(progress: Progress): (p: DatasetProgress) => void {
  const start = performance.now();
  return ({ what, done, total }) =>
    progress.show(workLine({
      ...WORK[what],
      done,
      total,
      seconds: (performance.now() - start) / 1000,
    }));
}
