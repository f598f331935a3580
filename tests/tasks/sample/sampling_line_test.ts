import { strictEqual as equal } from "node:assert/strict";
import { samplingLine } from "../../../tasks/sample/sampling_line.ts";

Deno.test("samplingLine() says how many, how fast, and when it will be over", () => {
  equal(
    samplingLine({ what: "drawing", done: 12.5, total: 50, seconds: 100 }),
    "drawing  12/50 images  25%  0.13 images/s  5m 00s left",
  );
  equal(
    samplingLine({ what: "drawing", done: 0, total: 8, seconds: 0 }),
    "drawing  0/8 images  0%",
  );
});
