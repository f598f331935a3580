import { ok } from "node:assert/strict";
import { constant, evaluateReference } from "../../../engine/mod.ts";
import { type TargetName, TARGETS } from "../../../train/diffusion/targets.ts";
import { distance } from "../../golden.ts";

Deno.test("image and noise come back from every target's exact prediction", () => {
  const x0 = [0.3, -0.8, 1, 0.1];
  const noise = [-1.2, 0.4, 0.7, 2];
  const leaf = (data: number[]) => constant(data, [1, 1, 2, 2]);
  for (const name of Object.keys(TARGETS) as TargetName[]) {
    const { of, toData, toNoise } = TARGETS[name];
    for (const angle of [0.01, 0.7, 1.5]) {
      const [alpha, sigma] = [Math.cos(angle), Math.sin(angle)];
      const x = x0.map((v, i) => alpha * v + sigma * noise[i]);
      const parts = { x0: leaf(x0), noise: leaf(noise), alpha: constant([alpha]) };
      const [model] = evaluateReference([of({ ...parts, sigma: constant([sigma]) })]);
      for (const [convert, exact] of [[toData, x0], [toNoise, noise]] as const) {
        const factors = convert(alpha, sigma);
        const found = x.map((v, i) => factors.x * v + factors.model * model[i]);
        ok(distance(found, exact) < 1e-5, `${name} at ${angle}`);
      }
    }
  }
});
