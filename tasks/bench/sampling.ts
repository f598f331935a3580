import { type Device, State } from "../../engine/mod.ts";
import { DeviceMachine } from "../../eval/execution/device_machine.ts";
import { processOf } from "../../train/diffusion/process.ts";
import { samplerSettings } from "../../eval/sampler_settings.ts";
import { chooseMethod } from "../../eval/samplers/choose_method.ts";
import { trainedNetwork } from "../../eval/trained_network.ts";
import { initialize, type MakeParameter, parameterShapes } from "../../nets/parameters.ts";
import { networkParameters } from "../../nets/network.ts";
import type { Config } from "../../train/config/config.ts";
import { presets } from "../../train/config/presets.ts";

/** How fast images are drawn by DPM-Solver, from noise to the host. */
export interface SamplingRow {
  readonly network: string;
  readonly batch: number;
  readonly steps: number;
  readonly guidance: number;
  readonly images_per_s: number;
  /** Milliseconds of a step, waits and read-back included. */
  readonly ms_per_step: number;
  readonly dispatches: number;
  /** Fraction of the time outside of kernels; null without timestamps. */
  readonly outside: number | null;
}

const STEPS = 50;
/** Images at a time: U-ViT-S/2 takes a second for one and step on a software adapter. */
const QUICKSTART_BATCH = 32;
const PAPER_BATCH = 64;
const SOFTWARE_BATCH = 1;

/** Times the quickstart's sampler and that of U-ViT-S/2, first values for weights. */
export async function samplingRows(
  device: Device,
  onStart: (network: string) => void,
): Promise<SamplingRow[]> {
  const software = device.capabilities.adapterClass === "software";
  const rows: SamplingRow[] = [];
  for (
    const [network, config, batch] of [
      ["quickstart", presets.quickstart, QUICKSTART_BATCH],
      ["U-ViT-S/2", presets.cifar10, software ? SOFTWARE_BATCH : PAPER_BATCH],
    ] as const
  ) {
    onStart(network);
    rows.push(await samplingRow(device, network, config, batch));
  }
  return rows;
}

async function samplingRow(
  device: Device,
  network: string,
  config: Config,
  batch: number,
): Promise<SamplingRow> {
  const { nnet, sample } = config;
  const describe = (make: MakeParameter<void>) => networkParameters(nnet, make);
  using weights = new State(device, parameterShapes(describe), "weights");
  for (const [name, values] of Object.entries(initialize(describe, 0))) weights.write(name, values);
  const { schedule } = processOf(config.process);
  const method = chooseMethod(schedule, samplerSettings("dpm_solver", STEPS));
  using machine = new DeviceMachine(device, {
    shape: [batch, nnet.in_chans, nnet.img_size, nnet.img_size],
    network: trainedNetwork(weights, config),
    schedule,
    method,
    guidance: { scale: sample.scale, interval: [0, 1] },
    limit: sample.clip_denoised ? "clip" : "none",
  });
  const begin = { seed: 0, first: 0, labels: new Int32Array(batch) };
  await machine.begin(begin);
  await machine.run(method.forms[0]);
  await machine.read();
  const kernels = device.gpu.features.has("timestamp-query")
    ? await machine.profile(method.forms[1])
    : null;
  await machine.begin(begin);
  await machine.read();
  const start = performance.now();
  await method.run(machine);
  await machine.read();
  const ms = performance.now() - start;
  const gpu = kernels?.reduce((sum, k) => sum + k.milliseconds, 0);
  return {
    network,
    batch,
    steps: STEPS,
    guidance: sample.scale,
    images_per_s: 1000 * batch / ms,
    ms_per_step: ms / STEPS,
    dispatches: kernels?.length ?? 0,
    outside: gpu === undefined ? null : Math.max(0, 1 - STEPS * gpu / ms),
  };
}
