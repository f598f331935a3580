/** Bytes of a word that are one token. */
export const TOKEN_BYTES = 8;

/** Rows of the byte table of a network that reads bytes: these, the start, the end, and no byte. */
export const BYTE_VOCABULARY = 259;

const START = 256;
const END = 257;
const NOTHING = 258;

/** Words, digits one by one, and signs, as CLIP's tokenizer splits text. */
const WORDS = /[\p{L}\p{M}]+|\p{N}|[^\s\p{L}\p{M}\p{N}]+/gu;

/**
 * A text as ids of its bytes, {@linkcode TOKEN_BYTES} for each token.
 * @category Networks
 */
export interface ByteTokens {
  /** `[tokens, TOKEN_BYTES]`, each below {@linkcode BYTE_VOCABULARY}. */
  readonly ids: Int32Array;
  /** How many tokens did not fit, and are left out. */
  readonly cut: number;
}

/**
 * The tokens of a text for a network with a text encoder of its own, which needs no vocabulary: the
 * start, words of up to eight bytes in UTF-8 (longer ones are several tokens), the end. The rest is ends,
 * too. A word is the same token wherever it stands, so that a small network soon knows it. Letters are
 * lower case, and accents composed (NFC).
 *
 * @param tokens how many, 2 at least
 * @category Networks
 */
export function byteTokens(text: string, tokens: number): ByteTokens {
  const words = wordsOf(text);
  const kept = words.slice(0, Math.max(0, tokens - 2));
  const ids = new Int32Array(tokens * TOKEN_BYTES).fill(NOTHING);
  for (let i = 0; i < tokens; i++) ids[i * TOKEN_BYTES] = i === 0 ? START : END;
  kept.forEach((bytes, i) => ids.set(bytes, (i + 1) * TOKEN_BYTES));
  return { ids, cut: words.length - kept.length };
}

/** How many tokens a text has as {@linkcode byteTokens} reads it, without start and end. */
export function tokenCount(text: string): number {
  return wordsOf(text).length;
}

/** The bytes of each token. */
function wordsOf(text: string): Uint8Array[] {
  const encoder = new TextEncoder();
  return (text.normalize("NFC").toLowerCase().match(WORDS) ?? []).flatMap((word) => {
    const bytes = encoder.encode(word);
    return Array.from(
      { length: Math.ceil(bytes.length / TOKEN_BYTES) },
      (_, part) => bytes.subarray(part * TOKEN_BYTES, (part + 1) * TOKEN_BYTES),
    );
  });
}
