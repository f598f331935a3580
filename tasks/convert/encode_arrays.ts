import { encodeNpy } from "../../train/formats/npy.ts";
import { encodeNpz } from "../../train/formats/npz.ts";
import { encodePth } from "../../train/formats/pth.ts";
import { encodeSafetensors } from "../../train/formats/safetensors.ts";
import type { StoredTensor } from "../../train/formats/stored_tensor.ts";
import type { TensorFileKind } from "../../train/checkpoints/tensor_file.ts";
import { UsageError } from "../../train/config/usage_error.ts";

/**
 * The bytes of a file of arrays.
 *
 * @param to the file's name, for the error
 * @throws {UsageError} where the format cannot hold them
 */
export function encodeArrays(
  to: string,
  kind: TensorFileKind,
  tensors: Record<string, StoredTensor>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  switch (kind) {
    case "safetensors":
      return encodeSafetensors(
        tensors,
        Object.keys(metadata).length > 0 ? { ...metadata } : undefined,
      );
    case "pth":
      return encodePth(new Map(Object.entries(tensors)));
    case "npz":
    case "npy": {
      const narrow = Object.entries(tensors).find(([, { dtype }]) => dtype === "BF16");
      if (narrow) {
        throw new UsageError(`${to}: NumPy has no bfloat16, as ${narrow[0]} is; give --dtype=f32`);
      }
      if (kind === "npz") return encodeNpz(tensors);
      const [only, ...more] = Object.values(tensors);
      if (more.length > 0) {
        throw new UsageError(
          `${to}: .npy holds one array, and there are ${more.length + 1}; take .npz`,
        );
      }
      return encodeNpy(only);
    }
  }
}
