import { join } from "node:path";
import { type Device, DeviceError, type KernelTime } from "../../engine/mod.ts";
import { objectiveOf } from "../../train/autoencoder/autoencoder_objective.ts";
import type { RunConfig } from "../../train/config/autoencoder_run_config.ts";
import type { ImageSource } from "../../train/data/image_source.ts";
import { microBatches } from "../../train/data/micro_batches.ts";
import { TrainStep } from "../../train/train_step.ts";
import { trainingBatches } from "../../train/train_steps.ts";
import { adapterRates } from "../../engine/testing/adapter_rates.ts";
import { median } from "../../engine/testing/paired_times.ts";
import { inFolder } from "../cli/in_folder.ts";
import { kernelTable } from "./kernel_table.ts";
import type { Run } from "./run.ts";
import { traceFile } from "./trace_file.ts";

/** Steps that are timed kernel by kernel, and as many whole. */
const STEPS = 3;

/** What profiling found. */
export interface Profile {
  /** The table of kernels and the rates it is measured against, to print. */
  readonly text: string;
  /** The last step's kernels, for Chrome's tracing page. */
  readonly trace: string;
}

/** Times a few steps kernel by kernel, and leaves a trace; nothing is trained. */
export async function printProfile<C extends RunConfig>(
  { device, config }: Run<C>,
  dataset: ImageSource,
): Promise<void> {
  const { text, trace } = await profileTraining(device, config, dataset);
  const file = join(config.workdir, "trace.json");
  await inFolder(config.workdir, "--workdir", async () => {
    await Deno.writeTextFile(file, trace);
  });
  console.log(text);
  console.log(`Left ${file}: open it in chrome://tracing or ui.perfetto.dev`);
}

/**
 * Times a few training steps from first weights, kernel by kernel and whole; nothing is saved.
 *
 * @throws {DeviceError} where the adapter has no timestamps
 */
export async function profileTraining(
  device: Device,
  config: RunConfig,
  dataset: ImageSource,
): Promise<Profile> {
  if (!device.gpu.features.has("timestamp-query")) {
    throw new DeviceError("--profile: the adapter has no timestamp queries");
  }
  using step = await TrainStep.create(device, config, {
    objective: objectiveOf(config),
    recordLength: 4 * STEPS,
  });
  const { batch_size } = config.train;
  const data = trainingBatches(config, dataset);
  const inputs = async (at: number) =>
    microBatches(config, await data.at(at * batch_size, batch_size), at);
  // The first step also fills caches.
  step.run(0, await inputs(0));
  await step.records();
  const whole: number[] = [];
  const times: KernelTime[] = [];
  let last: KernelTime[] = [];
  for (let i = 1; i <= STEPS; i++) {
    const start = performance.now();
    for (let j = 0; j < 2; j++) step.run(i, await inputs(i));
    await step.records();
    whole.push((performance.now() - start) / 2);
    last = await step.profile(i, await inputs(i));
    times.push(...last);
  }
  const rates = await adapterRates(device, STEPS);
  const kernels = times.reduce((sum, t) => sum + t.milliseconds, 0) / STEPS;
  const ms = median(whole);
  const flops = last.reduce((sum, t) => sum + t.kernel.flops, 0);
  return {
    text: [
      kernelTable(times, STEPS, rates),
      "",
      `a step    ${ms.toFixed(1)} ms, ${(1000 * batch_size / ms).toPrecision(3)} images/s, ${
        (flops / ms / 1e6).toFixed(1)
      } GFLOP/s (${(100 * flops / ms / 1e6 / rates.multiplyAddGflops).toFixed(0)}% of peak)`,
      `kernels   ${kernels.toFixed(1)} ms of it (${(100 * kernels / ms).toFixed(0)}%)`,
      `peak      ${rates.multiplyAddGflops.toFixed(0)} GFLOP/s of f32 multiply-adds, ${
        rates.copyGBs.toFixed(1)
      } GB/s of copying, measured now; GB/s above count every byte a kernel binds once`,
    ].join("\n"),
    trace: traceFile(last),
  };
}
