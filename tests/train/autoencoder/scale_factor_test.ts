import { ok, throws } from "node:assert/strict";
import { scaleFactorOf } from "../../../train/autoencoder/scale_factor.ts";

Deno.test("scaleFactorOf() makes the standard deviation of drawn latents 1", () => {
  // Two images of one channel and two positions: means 1, 3, 5, 7; variances 4, 4, 4 and none.
  const log = Math.log(4);
  const moments = Float32Array.of(1, 3, log, log, 5, 7, log, -1e9);
  const variance = (4 + 4 + 4 + Math.exp(-30)) / 4 + (9 + 1 + 1 + 9) / 4;
  ok(Math.abs(scaleFactorOf(moments, [2, 1, 2]) * Math.sqrt(variance) - 1) < 1e-6);
  throws(() => scaleFactorOf(moments, [2, 1, 3]), {
    name: "ShapeError",
    message: "scale factor: 8 values are no whole number of moments [2,1,3]",
  });
});
