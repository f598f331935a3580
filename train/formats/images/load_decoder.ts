import { UserError } from "../../../engine/user_error.ts";

/**
 * A decoder cannot be loaded, whatever the file is that needs it.
 * @category Files
 */
export class DecoderError extends UserError {
  /** The class's name. */
  override readonly name: string = "DecoderError";
}

/**
 * Imports a decoder of this folder when a file needs it: a literal specifier would have Deno
 * download its package for every command.
 *
 * @throws {DecoderError} where its package cannot be had
 */
export async function loadDecoder<Module>(file: `${string}.ts`): Promise<Module> {
  try {
    return await import(new URL(`./${file}`, import.meta.url).href);
  } catch (error) {
    throw decoderError(error);
  }
}

/** The error of a decoder whose package cannot be downloaded or read. */
export function decoderError(error: unknown): DecoderError {
  const [problem] = (error instanceof Error ? error.message : String(error)).split("\n");
  return new DecoderError(
    `cannot load an image decoder, which is downloaded when it is first needed: ${problem}`,
  );
}
