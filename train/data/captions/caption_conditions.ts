import type { Conditioning } from "../../../nets/conditioning.ts";
import type { Conditions } from "../../../nets/conditions.ts";
import { byteTokens, TOKEN_BYTES } from "../../../nets/byte_tokens.ts";
import type { CaptionSource } from "../image_source.ts";

/** Texts as a network takes them. */
type Texts = Pick<Conditions, "context" | "text">;

/** What a network of texts is conditioned on in training. */
export interface CaptionConditions {
  /** One caption of each image; `draws` as in `CaptionSource`. */
  read(images: ArrayLike<number>, draws: ArrayLike<number>): Promise<Texts>;
  /** The condition of one image that stands for none. */
  empty(): Promise<Texts>;
}

/** Captions as a network takes them; null where it takes none, or others. */
export function captionConditions(
  captions: CaptionSource | undefined,
  conditioning: Conditioning,
): CaptionConditions | null {
  if (captions?.kind === "contexts" && conditioning.kind === "tokens") {
    return {
      read: async (images, draws) => ({ context: await captions.read(images, draws) }),
      empty: async () => ({ context: await captions.empty() }),
    };
  }
  if (captions?.kind === "texts" && conditioning.kind === "text") {
    const { tokens } = conditioning;
    return {
      read: async (images, draws) => ({
        text: textRows(await captions.read(images, draws), tokens),
      }),
      empty: () => Promise.resolve({ text: textRows([""], tokens) }),
    };
  }
  return null;
}

/** Texts as the ids of their tokens, `[texts, ids]`; what does not fit is cut. */
function textRows(texts: readonly string[], tokens: number): Int32Array {
  const size = tokens * TOKEN_BYTES;
  const rows = new Int32Array(texts.length * size);
  texts.forEach((text, i) => rows.set(byteTokens(text, tokens).ids, i * size));
  return rows;
}
