import { strictEqual as equal } from "node:assert/strict";
import { progressLine, workLine } from "../../../tasks/cli/progress_line.ts";

Deno.test("progressLine() shows step, loss, rate, gradient norm, speed and time left", () => {
  const progress = {
    step: 50,
    n_steps: 2500,
    loss: 0.123456,
    lr: 2e-3,
    grad_norm: 1.2345,
    images_per_s: 640.4,
    steps_per_s: 10,
  };
  equal(
    progressLine(progress),
    "step   50/2500  loss 0.1235  lr 2.00e-3  grad 1.23  640 images/s  4m 05s left",
  );
  equal(progressLine({ ...progress, steps_per_s: 0 }).endsWith("? left"), true);
});

Deno.test("workLine() shows the fraction done, the rate and the time left", () => {
  const work = { what: "downloading x", done: 4.2e7, total: 1.7e8, unit: "bytes", seconds: 10 };
  equal(workLine(work), "downloading x  42.0 MB of 170 MB  24%  4.2 MB/s  30s left");
});

Deno.test("workLine() leaves out what is unknown", () => {
  const work = { what: "decoding", done: 30, total: NaN, unit: "files", seconds: 2 };
  equal(workLine(work), "decoding  30 files  15 files/s");
  equal(workLine({ ...work, seconds: 40 }), "decoding  30 files  0.75 files/s");
  equal(workLine({ ...work, done: 0, total: 5, seconds: 0 }), "decoding  0 of 5 files  0%");
});
