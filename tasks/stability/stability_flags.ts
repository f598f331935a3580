import { z } from "zod";
import { methodsWithKappa, SKIP_SCALINGS, type SkipScaling } from "../../nets/skip_scaling.ts";
import type { Config } from "../../train/config/config.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import type { FlagSource } from "../cli/flags.ts";
import {
  configFlags,
  configHelp,
  DIFFUSION,
  loadConfig,
  type OwnFlags,
} from "../cli/load_config.ts";
import {
  type Sweep,
  SWEEP_FIELDS,
  type SweepField,
  type Variation,
  variations,
} from "./variation.ts";

const HELP = {
  about:
    "Trains the scaling methods from the same weights on the same batches, measures at every step how\n" +
    "their norms and gradients swing and how they answer noise, and writes one HTML report.",
  examples: [
    { command: "stability --quick", does: "all methods, a small deep U-ViT, 3 seeds" },
    {
      command: "stability --quick --sweep=depth:4,8,16 --methods=0,2,3",
      does: "how depth matters",
    },
    { command: "stability --quick --backbone=unet", does: "the same for a small UNet" },
    {
      command: "stability --preset=cifar10 --n_steps=2000 --batch_size=32 --seeds=1",
      does: "the paper's network on CIFAR-10",
    },
  ],
};

interface StabilityFlags {
  backbone: "uvit" | "unet" | null;
  methods: string;
  kappas: string;
  seeds: number;
  sweep: string | null;
  levels: string;
  quick: boolean;
  out: string;
}

/** Settings of `--quick`: small, deep and at a high constant rate, where skips matter. */
const QUICK = {
  uvit: {
    "train.n_steps": 300,
    "train.batch_size": 32,
    "optimizer.lr": 2e-3,
    "lr_scheduler.name": "customized",
    "lr_scheduler.warmup_steps": 20,
    "nnet.embed_dim": 64,
    "nnet.depth": 8,
  },
  unet: {
    "train.n_steps": 150,
    "train.batch_size": 16,
    "train.grad_clip": 0,
    "optimizer.lr": 2e-3,
    "lr_scheduler.name": "customized",
    "lr_scheduler.warmup_steps": 20,
    "nnet.ch": 32,
    "nnet.num_res_blocks": 2,
  },
} as const;

const METHODS: readonly SkipScaling[] = SKIP_SCALINGS.map(({ number }) => number);

const OWN: OwnFlags<StabilityFlags> = {
  schema: z.strictObject({
    backbone: z.enum(["uvit", "unet"]).nullable()
      .describe("the network to compare the methods in; null: the preset's"),
    methods: z.string()
      .describe(`scaling methods to compare, with commas between, of ${METHODS.join(", ")}`),
    kappas: z.string().describe(
      `bases of method ${methodsWithKappa().join(", ")} to compare, with commas between`,
    ),
    seeds: z.int().min(1).max(100).describe("runs of each method, from --seed on"),
    sweep: z.string().nullable().describe(
      `one setting at several values, as depth:4,8; of ${SWEEP_FIELDS.join(", ")}`,
    ),
    levels: z.string().describe("standard deviations of the noise on the input, for robustness"),
    quick: z.boolean().describe("a small deep network, for minutes on 2 cores"),
    out: z.string().min(1).describe("folder for the report and every run's figures"),
  }),
  defaults: {
    backbone: null,
    methods: METHODS.join(","),
    kappas: "0.5,0.7",
    seeds: 3,
    sweep: null,
    levels: "0.01,0.03,0.1,0.3,1",
    quick: false,
    out: "runs/stability",
  },
  implies: ({ backbone, quick }) => ({
    ...backbone === null ? {} : { "nnet.name": backbone },
    ...quick ? QUICK[backbone ?? "uvit"] : {},
  }),
};

/** What the command line of `deno task stability` asks for. */
export interface StabilityArguments {
  /** What all runs have in common. */
  readonly config: Config;
  /** Every run of the comparison, all methods of a seed before the next seed. */
  readonly planned: readonly Variation[];
  /** Noise levels of the robustness. */
  readonly levels: readonly number[];
  /** The folder for the report and the runs. */
  readonly out: string;
  /** The help, where it is asked for; nothing else is checked then. */
  readonly help: string | null;
}

/** All flags of `deno task stability`. */
export const STABILITY_FLAGS: readonly FlagSource[] = configFlags(OWN, DIFFUSION);

/**
 * Reads the command line.
 *
 * @throws {UsageError} with a line for each problem
 */
export async function readStabilityArguments(args: readonly string[]): Promise<StabilityArguments> {
  const loaded = await loadConfig(args, OWN, DIFFUSION);
  const { config, own, own: { out } } = loaded;
  if (loaded.help) {
    return { config, planned: [], levels: [], out, help: configHelp(HELP, loaded, OWN, DIFFUSION) };
  }
  if (config.train.micro_batches > 1) {
    throw new UsageError(["probes see whole batches: --micro_batches=1"]);
  }
  const levels = numbers("levels", own.levels);
  return { config, planned: plan(config, own), levels, out, help: null };
}

function plan(base: Config, own: StabilityFlags): Variation[] {
  const methods = numbers("methods", own.methods).map((number) => {
    const method = METHODS.find((known) => known === number);
    if (method !== undefined) return method;
    throw new UsageError([`--methods: ${number} is none of ${METHODS.join(", ")}`]);
  });
  const kappas = numbers("kappas", own.kappas);
  const sweep = sweepOf(own.sweep);
  return Array.from({ length: own.seeds }, (_, i) => ({ ...base, seed: base.seed + i }))
    .flatMap((config) => variations(config, { methods, kappas, sweep }));
}

function sweepOf(text: string | null): Sweep | null {
  if (text === null) return null;
  const [field, list = ""] = text.split(":");
  if (!(SWEEP_FIELDS as readonly string[]).includes(field) || list === "") {
    throw new UsageError([
      `--sweep: expected ${
        SWEEP_FIELDS.map((f) => `${f}:..`).join(", ")
      } with numbers, as depth:4,8; got "${text}"`,
    ]);
  }
  return { field: field as SweepField, values: numbers("sweep", list) };
}

function numbers(flag: string, list: string): number[] {
  const values = list.split(",").map((text) => text.trim() === "" ? NaN : Number(text));
  if (values.every((value) => Number.isFinite(value) && value >= 0)) return [...new Set(values)];
  throw new UsageError([`--${flag}: expected numbers with commas between, got "${list}"`]);
}
