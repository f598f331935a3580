import { z } from "zod";
import { UsageError } from "../../train/config/usage_error.ts";
import { decodeText } from "../../train/formats/decode_text.ts";

/** What a network of texts draws. */
export interface TextFlags {
  prompt: string | null;
  prompts: string | null;
  negative: string | null;
}

const BLANK = /^\s*$/;

/** The flags of {@linkcode TextFlags}. */
export const textsSchema: z.ZodType<TextFlags> = z.strictObject({
  prompt: z.string().refine((text) => !BLANK.test(text)).meta({ title: "a text that is not empty" })
    .nullable()
    .describe("what to draw"),
  prompts: z.string().min(1).nullable()
    .describe(
      "file of texts to draw in turn, one a line; image i is of text i, then from the first on",
    ),
  negative: z.string().nullable()
    .describe("what guidance leads away from; null: from the empty text"),
}).describe("what a network of texts draws");

/** The flags of the text encoder. */
export const textEncoderFlagSchema: z.ZodType<{ weights: string | null }> = z.strictObject({
  weights: z.string().min(1).nullable()
    .describe("folder of CLIP ViT-L/14's text encoder and vocabulary; null: as in training"),
}).describe("what encodes texts, for a network without a text encoder of its own");

/** No texts. */
export const TEXT_DEFAULTS: TextFlags = { prompt: null, prompts: null, negative: null };

/** The flags that texts to draw are chosen by. */
export interface TextChoiceFlags {
  texts: TextFlags;
  text_encoder: { weights: string | null };
}

/**
 * The texts that the flags name; null where they name none.
 *
 * @throws {UsageError} where they are named twice, or the file is missing, no text, or empty
 */
export async function promptsOf({ prompt, prompts }: TextFlags): Promise<string[] | null> {
  if (prompt !== null && prompts !== null) {
    throw new UsageError("texts.prompt: texts.prompts names a file of them; leave one of both out");
  }
  if (prompts === null) return prompt === null ? null : [prompt.trim()];
  const lines = (await textIn(prompts)).split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (lines.length > 0) return lines;
  throw new UsageError(`texts.prompts: ${prompts} has no text, and one a line is expected`);
}

async function textIn(file: string): Promise<string> {
  const refuse = (problem: string) =>
    new UsageError(`texts.prompts: ${file} ${problem}; name a file of texts, one a line`);
  try {
    const stat = await Deno.stat(file);
    if (stat.isDirectory) throw refuse("is a folder");
    return decodeText(await Deno.readFile(file));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw refuse("does not exist");
    if (error instanceof TypeError) throw refuse("is no text");
    throw error;
  }
}
