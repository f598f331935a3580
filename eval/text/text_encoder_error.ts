import { UserError } from "../../engine/user_error.ts";

/**
 * A text encoder or its tokenizer cannot be had: a file is missing, damaged or of another network.
 * @category Text
 */
export class TextEncoderError extends UserError {
  /** The name of this class. */
  override readonly name: string = "TextEncoderError";
}

/** Where people get the files; they are 500 MB, and nothing is downloaded. */
export const WHERE_FROM =
  "get model.safetensors and tokenizer.json (or merges.txt) of openai/clip-vit-large-patch14 from " +
  "https://huggingface.co/openai/clip-vit-large-patch14 into a folder, and name that";
