import { counted } from "../../engine/counted.ts";
import { UserError } from "../../engine/user_error.ts";
import type { Capabilities, Device } from "../../engine/mod.ts";
import type { ImageNetworkNeed } from "../../eval/latents/image_network.ts";
import { kernelSpeed } from "../../eval/training/kernel_speed.ts";
import { runDisk } from "../../eval/training/run_disk.ts";
import type { AutoencoderConfig } from "../../nets/autoencoder_parameters.ts";
import { conditioningOf } from "../../nets/conditioning.ts";
import {
  isAutoencoderRun,
  type RunConfig,
  withBatch,
} from "../../train/config/autoencoder_run_config.ts";
import { humanBytes } from "../../page/human_units.ts";
import { largestBatch, memoryEstimate } from "../../train/memory_estimate.ts";
import { textTable } from "../cli/text_table.ts";
import { type TimeAndDisk, timeAndDiskRows } from "./time_and_disk.ts";
import { type RunMemory, runMemory } from "../../eval/training/run_memory.ts";
import { runTime } from "../../eval/training/run_time.ts";

/** A configuration that the adapter cannot run. */
export class TooLargeError extends UserError {
  override readonly name: string = "TooLargeError";
}

/** What a run is besides its configuration. */
export interface RunParts {
  /** Whether probes are recorded. */
  readonly probes: boolean;
  /** Decodes what a network of latents draws; null for one of images. */
  readonly decoder: AutoencoderConfig | null;
}

/**
 * What `--dry-run` prints: the network, a step's work, the run's memory, what the adapter allows, and
 * where it was measured how long the run takes and what it leaves.
 */
export function dryRunText(
  capabilities: Capabilities,
  config: RunConfig,
  { probes, decoder }: RunParts,
  measured: TimeAndDisk | null = null,
): string {
  const memory = runMemory(capabilities, config, probes, decoder);
  const { step, probes_bytes, grid, decoding, data, fid, final_fid, bytes, largest } = memory;
  const { batch_size, micro_batches } = config.train;
  const { flops_per_image: flops, state_bytes, plan_bytes } = step;
  const misfit = misfitOf(capabilities, config, memory);
  const parts = micro_batches === 1 ? "" : ` with ${micro_batches} micro-batches`;
  return textTable(["", ""], [
    ["parameters", step.parameters.toLocaleString("en")],
    [
      "an image",
      `${humanFlops(flops)} for forward, backward and its share of the update`,
    ],
    [
      "a step",
      `${counted(batch_size, "image")}, ${humanFlops(flops * batch_size)}, ${
        counted(step.kernels, "kernel")
      }`,
    ],
    ["memory", `${humanBytes(bytes)} on the adapter at most`],
    ["  weights", `${humanBytes(state_bytes)}, with averages and moments`],
    ["  step", `${humanBytes(plan_bytes - probes_bytes)} of activations and gradients`],
    ...probes ? [["  probes", `${humanBytes(probes_bytes)} more for --probe`]] : [],
    ...grid
      ? [
        isAutoencoderRun(config)
          ? ["  reconstructions", `${humanBytes(grid.bytes)} for encoder and decoder, while drawn`]
          : [
            "  sample grid",
            `${humanBytes(grid.bytes)} for its sampler, from the first grid to the end`,
          ],
      ]
      : [],
    ...decoding ? [["  decoding", decodingText(decoding)]] : [],
    fid
      ? [
        "  FID",
        `${humanBytes(fid.bytes)} at each checkpoint: Inception, a sampler and its weights`,
      ]
      : ["  checkpoint", `${humanBytes(step.read_bytes)} while it is read back`],
    ...final_fid
      ? [[
        "  final FID",
        `${humanBytes(final_fid.bytes)} at the end, when weights and step are freed`,
      ]]
      : [],
    ...data ? [["  FID's data", `${humanBytes(data.bytes)} for Inception, before all else`]] : [],
    [
      "largest tensor",
      `${humanBytes(largest.bytes)} (${largest.label}); the adapter binds up to ${
        humanBytes(capabilities.maxBindingBytes)
      }`,
    ],
    ["largest batch", `${largestBatch(capabilities, config)}${parts}`],
    ["fits", misfit ? `no: ${misfit.remedy}` : "yes"],
    ...measured ? timeAndDiskRows(config, measured) : [],
  ], 2).trim();
}

/**
 * Times a training step, and adds up what the run takes by it; null where the run does not fit the
 * adapter.
 *
 * @param images of the data set; null where that is not known
 */
export async function timeAndDisk(
  device: Device,
  config: RunConfig,
  { probes, decoder }: RunParts,
  images: number | null,
): Promise<TimeAndDisk | null> {
  const { capabilities, tuning } = device;
  if (misfitOf(capabilities, config, runMemory(capabilities, config, probes, decoder))) return null;
  const speed = await kernelSpeed(device, config, decoder);
  if (!speed) return null;
  const time = runTime(capabilities, config, {
    rates: speed.step,
    inception: speed.inception,
    choices: tuning?.choices,
    probes,
    images,
    decoder,
  });
  return { time, disk: runDisk(config, images), images: speed.images };
}

/** @throws {TooLargeError} where a tensor of the run is beyond the adapter, saying what to do */
export function mustFit(
  capabilities: Capabilities,
  config: RunConfig,
  decoder: AutoencoderConfig | null = null,
): void {
  const misfit = misfitOf(capabilities, config, runMemory(capabilities, config, false, decoder));
  if (!misfit) return;
  const { what, largest: { bytes, label }, remedy } = misfit;
  throw new TooLargeError(
    `${what} needs a tensor of ${humanBytes(bytes)} (${label}), the adapter binds up to ${
      humanBytes(capabilities.maxBindingBytes)
    }: ${remedy}`,
  );
}

/** What is beyond the adapter, and what to do about it. */
interface Misfit {
  readonly what: string;
  readonly largest: RunMemory["largest"];
  readonly remedy: string;
}

/** The first part of a run that does not fit; null where all do. */
function misfitOf(
  capabilities: Capabilities,
  config: RunConfig,
  { step, grid, decoding, largest }: RunMemory,
): Misfit | null {
  const { maxBindingBytes } = capabilities;
  if (!step.fits) {
    const what = `a batch of ${config.train.batch_size}`;
    return { what, largest: step.largest, remedy: remedy(capabilities, config) };
  }
  if (grid && grid.largest.bytes > maxBindingBytes) {
    if (isAutoencoderRun(config)) {
      return { what: "one image", largest: grid.largest, remedy: "use a smaller --ch" };
    }
    const guided = conditioningOf(config.nnet).kind !== "none" && config.sample.scale > 0;
    return {
      what: "drawing one image",
      largest: grid.largest,
      remedy: `use ${guided ? "--sample.scale=0, or " : ""}a smaller network or a larger patch`,
    };
  }
  if (decoding && decoding.largest.bytes > maxBindingBytes) {
    const remedy = "use --sample.n_samples=0, which draws no grids, and smaller images";
    return { what: "decoding one image", largest: decoding.largest, remedy };
  }
  return largest.bytes > maxBindingBytes
    ? { what: "Inception", largest, remedy: "use --eval.fid.n_samples=0, which measures no FID" }
    : null;
}

function decodingText({ bytes, batch, in_bands }: ImageNetworkNeed): string {
  return `${humanBytes(bytes)} while a grid is decoded, ${counted(batch, "image")} at a time` +
    (in_bands ? ", in bands of rows: the adapter does not bind a whole one" : "");
}

function humanFlops(flops: number): string {
  const [value, unit] = flops < 1e12 ? [flops / 1e9, "GFLOP"] : [flops / 1e12, "TFLOP"];
  return `${value.toPrecision(3)} ${unit}`;
}

/** The fewest micro-batches that fit, or that none do. */
function remedy(capabilities: Capabilities, config: RunConfig): string {
  const { train } = config;
  for (let micro_batches = 2; micro_batches <= train.batch_size; micro_batches++) {
    if (train.batch_size % micro_batches !== 0) continue;
    if (memoryEstimate(capabilities, withBatch(config, { micro_batches }), 1).fits) {
      return `use --micro_batches=${micro_batches}, or a smaller --batch_size`;
    }
  }
  return `not even one image at a time fits; use a smaller network${
    isAutoencoderRun(config) ? "" : " or a larger patch"
  }`;
}
