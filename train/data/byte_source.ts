import { DatasetError } from "./dataset.ts";
import type { ImageSource } from "./image_source.ts";

/**
 * The source itself, which holds bytes.
 *
 * @throws {DatasetError} for a source of latents, which are no images until they are decoded
 */
export function byteSource(source: ImageSource): ImageSource<"u8"> {
  if (isBytes(source)) return source;
  throw new DatasetError(
    `${source.name}: has latents, and images are needed here`,
  );
}

function isBytes(source: ImageSource): source is ImageSource<"u8"> {
  return source.dtype === "u8";
}
