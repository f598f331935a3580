import { join } from "node:path";
import type { Recipe } from "../../eval/sample_recipe.ts";
import { decodeText } from "../../train/formats/decode_text.ts";
import { replaceFile } from "../../train/files/durable.ts";
import { isRecord } from "../../train/formats/is_record.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import { hasImages } from "./image_files.ts";

/** All that is written next to the images. */
export interface SampleRecord extends Recipe {
  /** How many images there are, or are to be. */
  readonly n: number;
  /** What `--checkpoint` named, and the file that was read. */
  readonly checkpoint: string;
  readonly weights: string;
  /** The file that decodes latents; null for a network of images. */
  readonly autoencoder_weights: string | null;
  /** The file of the text encoder; null where the network has its own, or takes no texts. */
  readonly text_encoder_weights: string | null;
  /** Network evaluations per image; null where each found its own. */
  readonly network_evaluations: number | null;
  /** Label of each image, where the network has labels. */
  readonly image_labels: readonly number[] | null;
  /** Text of each image, where the network takes texts. */
  readonly image_prompts: readonly string[] | null;
  readonly made_with: { readonly deno: string; readonly adapter: string };
}

const FILE = "sample.json";
/** Characters of a value in a message. */
const SHOWN = 200;

/**
 * How many images the folder's record speaks of, 0 where it has none.
 *
 * @throws {UsageError} where the folder holds images that were made otherwise than by `recipe`
 */
export async function recordedImages(folder: string, recipe: Recipe): Promise<number> {
  const record = await readRecord(folder);
  if (record === null) {
    if (!await hasImages(folder)) return 0;
    throw new UsageError(
      `--out: ${folder} has images and no ${FILE} that says how they were made; choose another ` +
        "--out, or --overwrite",
    );
  }
  const changed = (Object.keys(recipe) as (keyof Recipe)[])
    // What an older record does not name, it was without.
    .filter((key) => !equal(record[key] ?? null, recipe[key]));
  if (changed.length > 0) {
    const text = (value: unknown) => shortened(JSON.stringify(value) ?? "nothing");
    const [key] = changed;
    throw new UsageError(
      `--out: ${folder} has images made otherwise (${key}: ${text(record[key])} there, ` +
        `${text(recipe[key])} now); choose another --out, or --overwrite`,
    );
  }
  return typeof record.n === "number" ? record.n : 0;
}

/** Writes the record of a folder, atomically: it says how the images were made that are there. */
export async function writeRecord(folder: string, record: SampleRecord): Promise<void> {
  const text = `${JSON.stringify(record, null, 2)}\n`;
  await replaceFile(join(folder, FILE), new TextEncoder().encode(text));
}

async function readRecord(folder: string): Promise<Record<string, unknown> | null> {
  const file = join(folder, FILE);
  try {
    const record: unknown = JSON.parse(decodeText(await Deno.readFile(file)));
    if (isRecord(record)) return record;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    // Neither JSON nor text.
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
  }
  throw new UsageError(`--out: ${file} is damaged; choose another --out, or --overwrite`);
}

/** A text of many prompts, say, as a line has room for. */
function shortened(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}..`;
}

/** Whether two values are the same as JSON, whatever the order of keys. */
function equal(a: unknown, b: unknown): boolean {
  const sorted = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(sorted)
      : isRecord(value)
      ? Object.entries(value).sort(([x], [y]) => x < y ? -1 : 1).map(([k, v]) => [k, sorted(v)])
      : value;
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}
