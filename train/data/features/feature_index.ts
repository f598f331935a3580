/** The index of a folder of features: what they are, and which files hold them. */

import { join } from "node:path";
import { z } from "zod";
import { replaceFile } from "../../files/durable.ts";
import { DatasetError } from "../dataset.ts";

/** The index's file in the folder of features. */
export const INDEX_FILE = "features.json";

/** What the files begin with; another version is another text. */
const FORMAT = "scalelong features 1";

/**
 * What features were made of and with. All of a folder have the same.
 * @category Data
 */
export interface FeatureRecipe {
  /** The images, in words: "images in photos, 256 x 256, both flips". */
  readonly source: string;
  /** SHA-256 of what the images and captions are, and of their order; null where nobody needs it. */
  readonly list_sha256: string | null;
  /** `[2 C, h, w]`: means of all channels, then their log variances. */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** Type of the stored moments. */
  readonly dtype: "F16" | "F32";
  /** One name per label. */
  readonly class_names: readonly string[];
  /** What encoded the images, and what its latents are multiplied by for the network. */
  readonly autoencoder: { readonly sha256: string | null; readonly scale_factor: number };
  /** What encoded the captions, and the shape of a context; null without captions. */
  readonly text_encoder: {
    readonly sha256: string | null;
    readonly shape: readonly [tokens: number, width: number];
  } | null;
}

/** A file of features in the index. */
export interface ShardEntry {
  /** Its name in the folder. */
  readonly file: string;
  /** How many images, or captions, it holds. */
  readonly n: number;
  /** Its size. */
  readonly bytes: number;
  /** SHA-256 of all before the rows, their checksums included, hexadecimal. */
  readonly head_sha256: string;
}

/** The index. */
export interface FeatureIndex extends FeatureRecipe {
  /** Whether the features of all images are there. */
  readonly complete: boolean;
  /** Images that could not be read and were left out, among those before the end of the last file. */
  readonly skipped: number;
  /** The files of moments, labels and caption numbers, in the order of the images. */
  readonly shards: readonly ShardEntry[];
  /** The files of distinct captions, in the order of their numbers. */
  readonly contexts: readonly ShardEntry[];
}

const size = z.int().min(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/).nullable();
const shard = z.strictObject({
  file: z.string().regex(/^[\w-]+\.safetensors$/),
  n: size,
  bytes: size,
  head_sha256: sha256.unwrap(),
});
const schema: z.ZodType<FeatureIndex & { format: string }> = z.strictObject({
  format: z.literal(FORMAT),
  complete: z.boolean(),
  source: z.string(),
  list_sha256: sha256,
  shape: z.tuple([size.multipleOf(2), size, size]),
  dtype: z.enum(["F16", "F32"]),
  class_names: z.array(z.string()).min(1),
  autoencoder: z.strictObject({ sha256, scale_factor: z.number().gt(0) }),
  text_encoder: z.strictObject({ sha256, shape: z.tuple([size, size]) }).nullable(),
  skipped: z.int().min(0),
  shards: z.array(shard),
  contexts: z.array(shard),
});

/**
 * Reads the index of a folder; null where it has none.
 *
 * @throws {DatasetError} where it is torn, of another format, or cannot be read
 */
export async function readFeatureIndex(folder: string): Promise<FeatureIndex | null> {
  const file = join(folder, INDEX_FILE);
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw new DatasetError(`${file} cannot be read: ${(error as Error).message}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new DatasetError(`${file} is torn: it is no JSON; make the features again`);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    const place = path.length > 0 ? `${path.join(".")}: ` : "";
    throw new DatasetError(`${file} is no index of features of this version: ${place}${message}`);
  }
  const { format: _, ...index } = parsed.data;
  return index;
}

/** Replaces the index of a folder, atomically. */
export async function writeFeatureIndex(folder: string, index: FeatureIndex): Promise<void> {
  const text = `${JSON.stringify({ format: FORMAT, ...index }, null, 2)}\n`;
  await replaceFile(join(folder, INDEX_FILE), new TextEncoder().encode(text));
}
