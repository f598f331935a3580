import { DatasetError } from "./dataset.ts";
import type { ImageSource } from "./image_source.ts";

/**
 * The source itself, which holds bytes.
 *
 * @throws {DatasetError} for a source of floats, which training and metrics do not take yet
 */
export function byteSource(source: ImageSource): ImageSource<"u8"> {
  if (isBytes(source)) return source;
  throw new DatasetError(
    `${source.name}: has ${source.dtype} values, and only images as bytes are supported so far`,
  );
}

function isBytes(source: ImageSource): source is ImageSource<"u8"> {
  return source.dtype === "u8";
}
