import { ok } from "node:assert/strict";
import {
  constant,
  evaluate,
  evaluateReference,
  groupNorm,
  layerNorm,
} from "../../../engine/mod.ts";
import { openDevice } from "../../device.ts";
import { distance } from "../../golden.ts";

Deno.test("layerNorm() and groupNorm() add eps, 1e-5 by default, to the variance", async () => {
  const width = 32;
  const weight = constant(new Float32Array(width).fill(1));
  const bias = constant(new Float32Array(width));
  const signs = Float64Array.from({ length: width }, (_, i) => i % 2 ? 1 : -1);
  const x = constant(Float32Array.from(signs, (sign) => sign * Math.sqrt(1e-5)), [1, width]);
  using device = await openDevice();
  for (const [eps, expected] of [[undefined, Math.SQRT1_2], [3e-5, 0.5]] as const) {
    for (
      const normed of [
        layerNorm(x, { weight, bias, eps }),
        groupNorm(x, { weight, bias, groups: 2, eps }),
      ]
    ) {
      const values = signs.map((sign) => sign * expected);
      ok(distance(evaluateReference([normed])[0], values) < 1e-6);
      ok(distance(await evaluate(normed, {}, device), values) < 1e-6);
    }
  }
});
