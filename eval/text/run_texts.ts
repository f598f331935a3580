import type { Device } from "../../engine/mod.ts";
import { conditioningOf, takesTexts } from "../../nets/conditioning.ts";
import type { Config } from "../../train/config/config.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import type { DataIdentity } from "../../train/data/data_identity.ts";
import type { EncodedTexts } from "../execution/encoded_texts.ts";
import { byteTexts } from "./byte_texts.ts";
import { encodeTexts } from "./clip_text_encoder.ts";
import { clipDigest, openClipWeights } from "./clip_weights.ts";
import { WHERE_FROM } from "./text_encoder_error.ts";

/** The texts that images are drawn from; null leaves out. */
export interface TextChoice {
  /** The texts, in turn. */
  readonly prompts: readonly string[] | null;
  /** What guidance leads away from; null: from the empty text. */
  readonly negative: string | null;
  /** The folder of CLIP's text encoder; null: as in training. */
  readonly encoder: string | null;
}

/** What determines the texts that images are drawn from. */
export interface TextIdentity {
  /** The texts, in turn. */
  readonly prompts: readonly string[];
  /** What guidance leads away from. */
  readonly negative: string;
  /** SHA-256 of the text encoder's weights, hexadecimal; null where it is the network's own. */
  readonly text_encoder: string | null;
}

/** Texts that a network is to draw. */
export interface RunTexts extends TextIdentity {
  /** The file of the text encoder; null where it is the network's own. */
  readonly file: string | null;
  /**
   * Makes of those that the first `n` images are drawn from what the network takes, each distinct one
   * once; a text encoder is on the device only meanwhile.
   *
   * @param onNote called with a line for each text that is too long and was cut
   * @throws {TextEncoderError} where the vocabulary is missing, or of another text encoder
   */
  encode(device: Device, n: number, onNote: (message: string) => void): Promise<EncodedTexts>;
}

/** Rows of texts, each followed by that of the negative text. */
type Encode = (
  device: Device,
  texts: readonly string[],
  onNote: (message: string) => void,
) => Promise<EncodedTexts> | EncodedTexts;

/**
 * What a network is to draw, checked before anything is on a device; null for one without texts.
 *
 * @throws {UsageError} where texts are missing, or have no use
 * @throws {TextEncoderError} where the text encoder is missing or of another network
 * @throws {CheckpointError} where its weights are damaged
 */
export async function openRunTexts(config: Config, choice: TextChoice): Promise<RunTexts | null> {
  const { prompts, negative } = choice;
  const conditioning = conditioningOf(config.nnet);
  if (!takesTexts(conditioning)) {
    mustBeLeftOut(choice, "this network was trained without texts");
    return null;
  }
  if (prompts === null) {
    throw new UsageError(
      "texts.prompt: this network draws what a text says; give one, or a file of them as texts.prompts",
    );
  }
  const texts = { prompts, negative: negative ?? "" };
  const { file, sha256, encode } = await encodingFor(config, choice);
  return {
    ...texts,
    text_encoder: sha256,
    file,
    encode: async (device, n, onNote) => {
      const drawn = prompts.slice(0, n);
      const distinct = [...new Set(drawn)];
      return inTurn(drawn, distinct, await encode(device, distinct, onNote));
    },
  };
}

/** A line where other weights encode the texts than encoded the captions; else none. */
export function textNotes(
  { file, text_encoder }: RunTexts,
  data: Pick<DataIdentity, "text_encoder"> | null,
): string[] {
  const trained = data?.text_encoder ?? null;
  return trained === null || text_encoder === null || trained === text_encoder ? [] : [
    `${file} is not the text encoder that the captions were encoded with: images will not show what ` +
    "texts say",
  ];
}

/** How the texts of a network become its rows. */
async function encodingFor(
  config: Config,
  { negative, encoder }: TextChoice,
): Promise<{ readonly file: string | null; readonly sha256: string | null; encode: Encode }> {
  const conditioning = conditioningOf(config.nnet);
  const against = negative ?? "";
  if (conditioning.kind === "text") {
    mustBeLeftOut({ encoder }, "this network reads texts itself");
    const { tokens } = conditioning;
    const encode: Encode = (_, texts, onNote) =>
      byteTexts(texts, { tokens, negative: against, onNote });
    return { file: null, sha256: null, encode };
  }
  const weights = encoder ?? config.text_encoder.weights;
  if (weights === null) {
    throw new UsageError(
      "text_encoder.weights: this network draws from what CLIP's text encoder makes of a text; " +
        WHERE_FROM,
    );
  }
  using opened = await openClipWeights(weights);
  const { max_position_embeddings: found, hidden_size: found_width } = opened.config;
  if (conditioning.kind === "tokens") {
    const { tokens, width } = conditioning;
    if (found !== tokens || found_width !== width) {
      throw new UsageError(
        `text_encoder.weights: ${opened.file} makes ${found} tokens of ${found_width} numbers of a ` +
          `text, and the network takes ${tokens} of ${width}; name the text encoder that it was ` +
          "trained with",
      );
    }
  }
  const encode: Encode = (device, texts, onNote) =>
    encodeTexts(device, texts, { weights, negative: against, onNote });
  return { file: opened.file, sha256: clipDigest(opened), encode };
}

/** @throws {UsageError} with a line for each choice that is made */
function mustBeLeftOut(choice: Partial<TextChoice>, why: string): void {
  const names = {
    prompts: "texts.prompt",
    negative: "texts.negative",
    encoder: "text_encoder.weights",
  };
  const given = (Object.keys(names) as (keyof TextChoice)[])
    .filter((name) => (choice[name] ?? null) !== null);
  if (given.length === 0) return;
  throw new UsageError(given.map((name) => `${names[name]}: ${why}; leave it out`));
}

/** The rows of distinct texts as those of all, in their order. */
function inTurn(
  prompts: readonly string[],
  distinct: readonly string[],
  { context, empty }: EncodedTexts,
): EncodedTexts {
  if (distinct.length === prompts.length) return { context, empty };
  const number = new Map(distinct.map((text, i) => [text, i]));
  const size = empty.length;
  const rows = context instanceof Int32Array
    ? new Int32Array(prompts.length * size)
    : new Float32Array(prompts.length * size);
  prompts.forEach((text, i) => {
    const at = number.get(text)! * size;
    rows.set(context.subarray(at, at + size), i * size);
  });
  return { context: rows, empty };
}
