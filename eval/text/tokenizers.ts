/** Byte-pair encoding; see {@linkcode makeTokenizer} for why nothing imports this statically. */
export { Tokenizer } from "@huggingface/tokenizers";
