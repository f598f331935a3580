import { counted } from "../../engine/counted.ts";
import { byteTokens } from "../../nets/byte_tokens.ts";
import type { EncodedTexts } from "../execution/encoded_texts.ts";

/** Characters of a text in a message. */
const SHOWN = 40;

/**
 * How texts are made ids.
 * @category Text
 */
export interface ByteTextsOptions {
  /** Number of tokens of a text, the network's `num_clip_token`. */
  readonly tokens: number;
  /** What guidance leads away from; default the empty text. */
  readonly negative?: string;
  /** Called with a line for each text that is too long and was cut. */
  readonly onNote?: (message: string) => void;
}

/**
 * Texts to draw from for a network with a text encoder of its own (`nnet.text_depth`).
 *
 * @example
 * ```ts no-eval
 * import { byteTexts, Device, openCheckpoint, sampleCheckpoint } from "@scalelong/scalelong";
 *
 * using device = await Device.open();
 * const checkpoint = await openCheckpoint("runs/quickstart_t2i_scalelong0");
 * const { num_clip_token: tokens } = checkpoint.config.nnet as { num_clip_token: number };
 * const texts = byteTexts(["a green triangle"], { tokens });
 * const samples = await sampleCheckpoint(device, checkpoint, { texts, n: 8 });
 * ```
 *
 * @category Text
 */
export function byteTexts(
  texts: readonly string[],
  { tokens, negative = "", onNote = () => {} }: ByteTextsOptions,
): EncodedTexts<Int32Array> {
  const idsOf = (text: string) => {
    const { ids, cut } = byteTokens(text, tokens);
    if (cut > 0) {
      const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}..` : text;
      onNote(
        `"${shown}" has ${counted(tokens - 2 + cut, "token")}, and the network reads ${
          tokens - 2
        }: ` +
          `${counted(cut, "token is", "tokens are")} cut off its end`,
      );
    }
    return ids;
  };
  const empty = idsOf(negative);
  const context = new Int32Array(texts.length * empty.length);
  texts.forEach((text, i) => context.set(idsOf(text), i * empty.length));
  return { context, empty };
}
