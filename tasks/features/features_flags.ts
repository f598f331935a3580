import { z } from "zod";
import { fieldsOf, flatten, nest } from "../../train/config/fields.ts";
import { DATASET_SPLITS } from "../../train/data/data_sets.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import { type FlagSource, parseArguments } from "../cli/flags.ts";
import { helpText } from "../cli/help_text.ts";
import { PROCESS_DEFAULTS, processFields, type ProcessFlags } from "../cli/launch/process_flags.ts";
import { machineFields } from "../cli/machine_flags.ts";
import { shownCommand } from "../cli/shown_command.ts";

/** Flags of `deno task features`; their meaning is in the schema. */
export interface FeaturesFlags extends ProcessFlags {
  out: string | null;
  autoencoder: string | null;
  image_size: number | null;
  n: number | null;
  seed: number | null;
  crop: "adm" | "lanczos" | null;
  flips: boolean;
  coco: string | null;
  captions: "auto" | "none";
  text_encoder: string | null;
  tokenizer: string | null;
  dtype: "f16" | "f32";
  scale_factor: number | null;
  batch_size: number | null;
  npy: string | null;
  skip_broken: boolean;
  help: boolean;
}

const path = z.string().min(1).nullable();

const schema: z.ZodType<FeaturesFlags> = z.strictObject({
  out: path.describe(
    "folder that the features are written to; the same command goes on with it; null: features in the " +
      "folder of the autoencoder's run",
  ),
  autoencoder: path.describe(
    "weights of the autoencoder: the folder of a run that trained one, autoencoder_kl.pth, a Stable " +
      "Diffusion checkpoint, or diffusers' folder vae",
  ),
  image_size: z.int().min(8).nullable().describe(
    "height and width that images are brought to first, pixels; latents of Stable Diffusion's are an " +
      "eighth of it; null: as the autoencoder's run had them, else 256",
  ),
  n: z.int().min(1).nullable().describe(
    "shapes: number of images to draw; null: as many as the autoencoder's run had, else 8192",
  ),
  seed: z.int().min(0).max(0xffffffff).nullable().describe(
    "shapes: seed that they are drawn by; null: as the autoencoder's run had it, else 0",
  ),
  crop: z.enum(["adm", "lanczos"]).nullable().describe(
    "how the centre square is resized: adm by box halving and bicubic, as for ImageNet, lanczos as " +
      "for MS-COCO; null: lanczos with captions, else adm",
  ),
  flips: z.boolean().describe("also take each image mirrored: twice as many features"),
  coco: path.describe(
    "captions in MS-COCO's annotations, captions_train2014.json; IMAGES is the folder of its images",
  ),
  captions: z.enum(["auto", "none"]).describe(
    "auto: those in metadata.jsonl (file_name, text), or in 1.txt beside 1.jpg, a caption a line; " +
      "none: classes by sub-folder, whatever texts there are",
  ),
  text_encoder: path.describe(
    "weights of the text encoder, needed for captions: the folder clip-vit-large-patch14, or Stable " +
      "Diffusion's",
  ),
  tokenizer: path.describe("its tokenizer.json or merges.txt; null: beside the weights"),
  dtype: z.enum(["f16", "f32"]).describe("type that moments are stored in"),
  scale_factor: z.number().gt(0).nullable().describe(
    "what latents are multiplied by for the network; null: what the autoencoder's files say, else " +
      "0.18215; the reference takes 0.2301 for COCO",
  ),
  batch_size: z.int().min(1).nullable()
    .describe("images encoded at once: memory and speed only; null: as suits the adapter"),
  npy: path.describe(
    "also write them as U-ViT reads them, a NumPy file for each image, to this folder, when all are done",
  ),
  skip_broken: z.boolean().describe("leave out image files that cannot be decoded, and name them"),
  ...processFields("encode a share of the images each"),
  help: z.boolean().describe("show this page; -h for short"),
});

/** All flags of `deno task features`. */
export const FEATURES_FLAGS: readonly FlagSource[] = [schema];

const defaults: FeaturesFlags = {
  out: null,
  autoencoder: null,
  image_size: null,
  n: null,
  seed: null,
  crop: null,
  flips: false,
  coco: null,
  captions: "auto",
  text_encoder: null,
  tokenizer: null,
  dtype: "f16",
  scale_factor: null,
  batch_size: null,
  npy: null,
  skip_broken: false,
  ...PROCESS_DEFAULTS,
  help: false,
};

/** What the command line of `deno task features` asks for. */
export interface FeaturesArguments extends FeaturesFlags {
  /** The folder of images, or a data set; null: what the autoencoder was trained on. */
  readonly images: string | null;
  readonly autoencoder: string;
}

/**
 * Reads the command line; null where the help is asked for.
 *
 * @throws {UsageError} with a line for each problem
 */
export function readFeaturesArguments(args: readonly string[]): FeaturesArguments | null {
  const { settings, positional } = parseArguments(args, ...FEATURES_FLAGS);
  const flags = schema.parse({ ...defaults, ...nest(flatten(nest(settings), fieldsOf(schema))) });
  if (flags.help) return null;
  const { autoencoder } = flags;
  const [images, ...more] = positional.map((path) => path.replace(/(?<=.)\/+$/, ""));
  // An autoencoder that was trained here tells images and folder, where they are left out.
  const isUnknown = autoencoder === null;
  const problems = [
    ...isUnknown && images === undefined
      ? [
        `name the folder of images: ${
          shownCommand("features IMAGES --out=FOLDER --autoencoder=FILE")
        }; --help shows how`,
      ]
      : [],
    ...more.length > 0 ? [`${JSON.stringify(more[0])}: one folder of images at a time`] : [],
    ...isUnknown && flags.out === null
      ? ["--out: name the folder that the features are written to"]
      : [],
    ...autoencoder === null
      ? ["--autoencoder: name its weights, autoencoder_kl.pth, say, or the run that trained it"]
      : [],
    ...flags.coco !== null && flags.captions === "none"
      ? ["--coco: gives captions, and --captions=none leaves them out; leave one of both out"]
      : [],
  ];
  if (autoencoder === null || problems.length > 0) throw new UsageError(problems);
  return { ...flags, images: images ?? null, autoencoder };
}

/** The help page. */
export function featuresHelp(): string {
  return helpText({
    about:
      "Encodes images, and captions, once and for all: training then reads their latents from disk.\n" +
      "IMAGES is a folder of PNG, JPEG or WebP files, by class where it has sub-folders, or a data\n" +
      `set (${DATASET_SPLITS.join(", ")});\n` +
      "left out, those that the autoencoder was trained on. It may be stopped at any time: the same\n" +
      "command goes on where the last whole file ends.",
    examples: [
      {
        command: "features imagenet/train --out=features --autoencoder=autoencoder_kl.pth --flips",
        does: "images by class, both flips, as U-ViT has them for ImageNet",
      },
      {
        command: "features train2014 --coco=captions_train2014.json --out=coco " +
          "--autoencoder=autoencoder_kl.pth --scale_factor=0.2301 --text_encoder=clip-vit-large-patch14",
        does: "MS-COCO with its captions",
      },
      {
        command: "features --autoencoder=runs/quickstart_autoencoder",
        does:
          "the images that an autoencoder of your own was trained on, for --preset=quickstart_latent",
      },
      {
        command: "train --dataset.name=features --dataset.path=features",
        does: "trains on what was made",
      },
    ],
    schemas: [schema, machineFields],
    defaults: flatten({ ...defaults, help: undefined }, fieldsOf(schema)),
  });
}
