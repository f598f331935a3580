import { ok } from "node:assert/strict";
import { affine, square } from "../../../engine/mod.ts";
import { Perturbation } from "../../../eval/stability/perturbation.ts";
import { processOf } from "../../../train/diffusion/process.ts";
import { DEFAULT_PROCESS } from "../../../train/diffusion/process_config.ts";
import type { Network } from "../../../eval/trained_network.ts";
import { openDevice } from "../../device.ts";

const measured = (predict: Network["predict"]) => ({
  network: { predicts: "noise", conditioning: { kind: "none" }, predict } as const,
  process: processOf(DEFAULT_PROCESS),
  shape: [3, 2, 5, 5],
});

const inputs = { x0: new Float32Array(150).map((_, i) => Math.sin(i)), t: 0.5 };

Deno.test("Perturbation of a linear network is its factor at every level", async () => {
  using device = await openDevice();
  using tripled = await Perturbation.create(device, measured((x) => affine(x, -3, 7)));
  for (const level of [0.01, 1]) {
    const ratios = await tripled.ratios(inputs, { level, seed: 1 });
    ok(ratios.length === 3 && ratios.every((r) => Math.abs(r - 3) < 1e-3), String(ratios));
  }
});

Deno.test("Perturbation of a square grows with the noise", async () => {
  using device = await openDevice();
  using squared = await Perturbation.create(device, measured((x) => square(x)));
  const [small, large] = [
    await squared.ratios(inputs, { level: 0.01, seed: 1 }),
    await squared.ratios(inputs, { level: 10, seed: 1 }),
  ];
  ok(large.every((r, i) => r > 2 * small[i]));
});
