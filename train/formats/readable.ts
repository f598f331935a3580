import type { ListedDtype } from "./listed_dtype.ts";
import { SafetensorsError } from "./safetensors_header.ts";
import { isStoredDtype, type StoredTensor, tensorOf } from "./stored_tensor.ts";

/**
 * The tensor in the bytes of a safetensors file.
 *
 * @throws {SafetensorsError} where its element type can be listed, but not read
 */
export function readable(
  dtype: ListedDtype,
  shape: number[],
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
): StoredTensor {
  if (isStoredDtype(dtype)) return tensorOf(dtype, shape, bytes);
  throw new SafetensorsError(
    `${name} is stored as ${dtype}, which is listed but cannot be used; save it as F32, F16 or BF16`,
  );
}
