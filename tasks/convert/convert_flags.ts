import { z } from "zod";
import type { Config } from "../../train/config/config.ts";
import { fieldsOf, flatten, nest } from "../../train/config/fields.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import {
  AUTOENCODER_KEYS,
  type AutoencoderKeys,
} from "../../train/checkpoints/autoencoder/autoencoder_keys.ts";
import { type FlagSource, parseArguments } from "../cli/flags.ts";
import { helpText } from "../cli/help_text.ts";
import {
  NETWORK_DEFAULTS,
  networkConfig,
  networkFields,
  networkSchema,
} from "../cli/network_flags.ts";
import { shownCommand } from "../cli/shown_command.ts";
import type { ConvertFlags } from "./convert_file.ts";
import { isLog } from "./convert_log.ts";

const schema: z.ZodType<ConvertFlags & OwnFlags & { help: boolean }> = z.strictObject({
  dtype: z.enum(["f32", "f16", "bf16"]).nullable()
    .describe("type that floats are stored in; null: unchanged; integers are unchanged"),
  weights: z.enum(["ema", "nnet"])
    .describe("of a checkpoint, to a file: the moving average of the weights, or the weights"),
  keys: z.enum(AUTOENCODER_KEYS).nullable().describe(
    "of an autoencoder, to a file: names of its arrays, also out of a checkpoint of Stable Diffusion; " +
      "with diffusers' names it gets its config.json",
  ),
  force: z.boolean().describe("overwrite an existing output"),
  help: z.boolean().describe("show this page; -h for short"),
});

const defaults = { dtype: null, weights: "ema", keys: null, force: false, help: false };

interface OwnFlags {
  /** Names to write an autoencoder with; null: this is none, or its names stay. */
  readonly keys: AutoencoderKeys | null;
  /** Whether an existing output may be replaced. */
  readonly force: boolean;
}

/** All flags of `deno task convert`. */
export const CONVERT_FLAGS: readonly FlagSource[] = [schema, networkSchema, networkFields()];

/** What the command line of `deno task convert` asks for. */
export interface ConvertArguments {
  readonly flags: ConvertFlags & OwnFlags;
  /** What to convert. */
  readonly from: string;
  /** Where to; of a log, null for beside it. */
  readonly to: string | null;
  /** The configuration of weights that name none; null where no flag names a network. */
  readonly config: Config | null;
}

/**
 * Reads the command line; null where the help is asked for.
 *
 * @throws {UsageError} with a line for each problem
 */
export async function readConvertArguments(
  args: readonly string[],
): Promise<ConvertArguments | null> {
  const { settings, positional } = parseArguments(args, ...CONVERT_FLAGS);
  const flags = schema.parse({ ...defaults, ...nest(flatten(nest(settings), fieldsOf(schema))) });
  if (flags.help) return null;
  const [from, to = null, ...more] = positional.map((path) => path.replace(/(?<=.)\/+$/, ""));
  if (from === undefined || (to === null && !isLog(from))) {
    throw new UsageError(
      `name what to convert and where to: ${shownCommand("convert IN OUT")}; --help shows how`,
    );
  }
  if (more.length > 0) {
    throw new UsageError(`${JSON.stringify(more[0])}: one IN and one OUT at a time`);
  }
  return { flags, from, to, config: await networkConfig(settings) };
}

/** The help page. */
export function convertHelp(): string {
  return helpText({
    about: "Converts weights or a checkpoint to another format, by the suffixes of IN and OUT:\n" +
      "  files    .safetensors (also read by its .index.json), .pth, .npz, .npy\n" +
      "  folders  a checkpoint of ours (no suffix; of a run, its newest), of PyTorch (12.ckpt)\n" +
      "From folder to folder nothing is lost; a folder to a file takes only its weights.\n" +
      "PyTorch's folders and files do not name their network: to convert them to ours, give\n" +
      "--preset or --config, and the --nnet settings that differ.\n" +
      "The log.jsonl of a run becomes an event file for TensorBoard, beside it or in the folder OUT.",
    examples: [
      { command: "convert runs/a nnet_ema.pth", does: "weights for PyTorch" },
      {
        command: "convert runs/a/checkpoints/900 900.ckpt",
        does: "a checkpoint that PyTorch resumes from",
      },
      {
        command: "convert 12.ckpt a/checkpoints/12 --preset=cifar10 --nnet.scalelong=3",
        does: "PyTorch's as ours",
      },
      {
        command: "convert model.safetensors.index.json small.safetensors --dtype=bf16",
        does: "one file of half the size",
      },
      {
        command: "convert sd-v1-5.ckpt vae/diffusion_pytorch_model.safetensors --keys=diffusers",
        does: "its autoencoder, for diffusers",
      },
      { command: "convert runs/a/log.jsonl", does: "the run's curves, grids and settings" },
    ],
    schemas: [schema, networkSchema],
    defaults: new Map([
      ...flatten({ ...defaults, help: undefined }, fieldsOf(schema)),
      ...flatten(NETWORK_DEFAULTS, fieldsOf(networkSchema)),
    ]),
  });
}
