import { TextEncoderError } from "./text_encoder_error.ts";

/** What is used of a tokenizer of `@huggingface/tokenizers`. */
export interface BpeTokenizer {
  /** Ids of a text's tokens. */
  encode(text: string, options: { add_special_tokens: boolean }): { readonly ids: number[] };
  /** The id of a token. */
  token_to_id(token: string): number | undefined;
}

/**
 * Makes a tokenizer from the content of a `tokenizer.json`. The package is imported here, when a text
 * needs it: a literal specifier would have Deno download it for every command.
 *
 * @throws {TextEncoderError} where the package cannot be had
 * @throws {Error} where the content is not that of a tokenizer
 */
export async function makeTokenizer(content: object): Promise<BpeTokenizer> {
  const { Tokenizer } = await load();
  return new Tokenizer(content, {});
}

async function load(): Promise<typeof import("./tokenizers.ts")> {
  try {
    return await import(new URL("./tokenizers.ts", import.meta.url).href);
  } catch (error) {
    const [problem] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw new TextEncoderError(
      `cannot load the tokenizer's package, which is downloaded when it is first needed: ${problem}`,
    );
  }
}
