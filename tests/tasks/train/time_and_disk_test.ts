import { deepStrictEqual as deepEqual } from "node:assert/strict";
import { timeAndDiskRows } from "../../../tasks/train/time_and_disk.ts";
import { presets } from "../../../train/config/presets.ts";

Deno.test("the dry run's rows say the time of the parts and the disk, in units for people", () => {
  const rows = timeAndDiskRows(presets.cifar10, {
    images: 1,
    time: {
      steps: { times: 500_000, seconds: 0.25 },
      kernels: 104,
      grids: { times: 100, seconds: 75 },
      fids: null,
      once: 0,
      seconds: 132_500,
    },
    disk: {
      checkpoint: 708e6,
      checkpoints: 11,
      pytorch: 0,
      samples: 15e6,
      log: 1e6,
      cache: 0,
      bytes: 7.8e9,
    },
  });
  deepEqual(rows, [
    [
      "time",
      "about 1d 13h, estimated by a step with 1 image that was timed just now",
    ],
    ["  steps", "500,000 of 0.25 s, 512 images/s"],
    ["  sample grids", "100 of 1m 15s"],
    [
      "  besides",
      "reading the images, and compiling 104 kernels at the first start: seconds, on a software adapter a minute",
    ],
    ["disk", "7.8 GB at most"],
    [
      "  checkpoints",
      "708 MB each; 11 at most: the newest 10 and one that is being written",
    ],
    ["  samples, log", "about 16.0 MB"],
  ]);
});
