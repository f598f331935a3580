import assert from "node:assert/strict";
import { readBenchArguments } from "../../../tasks/bench/bench_flags.ts";
import { compiledKernels } from "../../../tasks/bench/compiled/compiled_kernels.ts";
import { compiledText } from "../../../tasks/bench/compiled/compiled_text.ts";
import { driverFile, MissingDriverError } from "../../../tasks/bench/compiled/mesa/run_on_mesa.ts";
import { DTYPES } from "../../../tasks/bench/compiled/step_kernels.ts";
import { isCounted, weightedBound } from "../../../tasks/bench/compiled/weighted_bound.ts";
import { UsageError } from "../../../train/config/usage_error.ts";

/** Least bounds of U-ViT-S/2's step at batch 128 on RDNA 3, RDNA 2 and GCN. */
const LEAST = {
  navi31: { f32: 0.85, f16: 0.86 },
  navi21: { f32: 0.91, f16: 0.9 },
  // Flash attention's conversions from f16 are instructions of their own there.
  vega10: { f32: 0.91, f16: 0.81 },
};
/** What every adapter of WebGPU has. */
const WORKGROUP_MEMORY = 16384;

const hasDrivers = (() => {
  try {
    return [driverFile("lvp"), driverFile("radeon")].length > 0;
  } catch {
    return false;
  }
})();

Deno.test({
  name: "no kernel of U-ViT-S/2 spills registers on AMD's GPUs, and their bounds are held" +
    (hasDrivers ? "" : " (needs the package mesa-vulkan-drivers)"),
  ignore: !hasDrivers,
  fn: async (test) => {
    const families = Object.keys(LEAST) as (keyof typeof LEAST)[];
    const all = await compiledKernels("cifar10", families);
    for (const family of families) {
      for (const dtype of DTYPES) {
        await test.step(`${family} ${dtype}`, () => {
          const kernels = all.filter((k) => k.family === family && k.dtype === dtype);
          assert.ok(kernels.length > 30, `${kernels.length} kernels`);
          assert.deepEqual(kernels.filter(({ spilled }) => spilled !== 0), []);
          assert.deepEqual(kernels.filter((k) => k.workgroup_memory > WORKGROUP_MEMORY), []);
          const counted = kernels.filter(isCounted);
          assert.ok(counted.some(({ kernel }) => kernel === "flash_attention"));
          assert.deepEqual(counted.filter(({ loop }) => loop.turn_share === null), []);
          // Those of skip connections, whose operands are in two memories, included. What is read of
          // f16 is converted in the branch of each memory; both are counted.
          const most = dtype === "f32" ? 1 : 3;
          assert.deepEqual(counted.filter(({ loop }) => loop.round_trips > most), []);
          const [part, whole] = [counted, kernels]
            .map((list) => list.reduce((sum, { gflop }) => sum + gflop, 0));
          assert.ok(part > 0.99 * whole, `${part} of ${whole} GFLOP`);
          const bound = weightedBound(kernels);
          assert.ok(bound >= LEAST[family][dtype], `${bound}\n${compiledText(kernels)}`);
        });
      }
    }
  },
});

Deno.test({
  name: "the indices of implicit patches leave products of the UNet their bound on RDNA 3" +
    (hasDrivers ? "" : " (needs the package mesa-vulkan-drivers)"),
  ignore: !hasDrivers,
  fn: async () => {
    const kernels = await compiledKernels("cifar10_unet", ["navi31"]);
    assert.deepEqual(kernels.filter(({ spilled }) => spilled !== 0), []);
    const bounds = DTYPES.map((dtype) => weightedBound(kernels.filter((k) => k.dtype === dtype)));
    assert.ok(bounds.every((bound) => bound >= 0.75), compiledText(kernels));
  },
});

Deno.test("bench --compiled takes families that Mesa knows, and times nothing", () => {
  const { compiled, preset } = readBenchArguments(["--compiled"]);
  assert.deepEqual({ compiled, preset }, {
    compiled: ["navi31", "navi21", "vega10"],
    preset: "cifar10",
  });
  const named = readBenchArguments(["--compiled", "navi33,raven", "--preset=quickstart_unet"]);
  assert.deepEqual([named.compiled, named.preset], [["navi33", "raven"], "quickstart_unet"]);
  assert.equal(readBenchArguments([]).compiled, null);
  refuses(["--compiled=navi34"], /^--compiled: "navi34" is none of navi31, [^\n]*did you mean/);
  refuses(["--compiled", "--rounds=2"], /^--rounds: --compiled times nothing; leave --rounds out$/);
  refuses(["--preset=quickstart"], /^--preset: is of --compiled and --only=ranks alone, [^\n]*$/);
});

Deno.test("driverFile() names the package where Mesa is not installed", () => {
  assert.throws(
    () => driverFile("radeon", ["/nowhere"]),
    (error: unknown) =>
      error instanceof MissingDriverError &&
      /^--compiled: [^\n]*radeon[^\n]*\/nowhere; install the package mesa-vulkan-drivers[^\n]*$/
        .test(error.message),
  );
});

function refuses(args: readonly string[], message: RegExp): void {
  assert.throws(
    () => readBenchArguments(args),
    (error: unknown) => error instanceof UsageError && message.test(error.message),
  );
}
