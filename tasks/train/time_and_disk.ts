import { counted } from "../../engine/counted.ts";
import { isAutoencoderRun, type RunConfig } from "../../train/config/autoencoder_run_config.ts";
import type { RunDisk } from "../../eval/training/run_disk.ts";
import type { Repeated, RunTime } from "../../eval/training/run_time.ts";
import { humanBytes, humanDuration } from "../../page/human_units.ts";

/** What a run takes, and how well that is known. */
export interface TimeAndDisk {
  readonly time: RunTime;
  readonly disk: RunDisk;
  /** Images of the step that was timed. */
  readonly images: number;
}

/** Rows of the dry run's table: how long the run takes, and what it leaves on disk. */
export function timeAndDiskRows(
  config: RunConfig,
  { time, disk, images }: TimeAndDisk,
): string[][] {
  const { keep, format } = config.train;
  const { steps, grids, fids, once } = time;
  const isScored = !isAutoencoderRun(config) && config.eval.fid.n_samples > 0;
  const best = isScored ? ", the best" : "";
  const isDrawn = config.sample.n_samples > 0;
  return [
    [
      "time",
      `about ${humanDuration(time.seconds)}, estimated by a step with ${
        counted(images, "image")
      } that was timed just now`,
    ],
    [
      "  steps",
      `${repeatedText(steps)}, ${
        (config.train.batch_size / steps.seconds).toPrecision(3)
      } images/s`,
    ],
    ...isDrawn
      ? [[
        isAutoencoderRun(config) ? "  reconstructions" : "  sample grids",
        grids ? repeatedText(grids) : "not known: the sampler is adaptive",
      ]]
      : [],
    ...isScored
      ? [["  FIDs", fids ? repeatedText(fids) : "not known: the sampler is adaptive"]]
      : [],
    ...once > 0
      ? [["  once", `${humanDuration(once)} for the data's statistics and the final FID`]]
      : [],
    [
      "  besides",
      `reading the images, and compiling ${
        counted(time.kernels, "kernel")
      } at the first start: seconds, on a software adapter a minute`,
    ],
    ["disk", `${humanBytes(disk.bytes)} at most`],
    [
      "  checkpoints",
      `${humanBytes(disk.checkpoint)} each${
        format === "pytorch" ? ", twice: PyTorch's too" : ""
      }; ${disk.checkpoints} at most: the newest ${
        Math.max(1, keep)
      }${best} and one that is being written`,
    ],
    [
      "  samples, log",
      `about ${humanBytes(disk.samples + disk.log)}`,
    ],
    ...disk.cache === 0 ? [] : [[
      "  decoded images",
      disk.cache === null ? "as many bytes as they have pixels" : humanBytes(disk.cache),
    ]],
  ];
}

function repeatedText({ times, seconds }: Repeated): string {
  return `${times.toLocaleString("en")} of ${
    seconds < 10 ? `${seconds.toPrecision(2)} s` : humanDuration(seconds)
  }`;
}
