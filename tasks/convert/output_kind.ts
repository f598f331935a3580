import { extname } from "node:path";
import { kindOfFile, type TensorFileKind } from "../../train/checkpoints/tensor_file.ts";
import { UsageError } from "../../train/config/usage_error.ts";

/** Formats to write: files of arrays, and checkpoint folders of ours and of PyTorch. */
export type OutputKind = TensorFileKind | "checkpoint" | "pytorch_checkpoint";

/** The format of a name's suffix. @throws {UsageError} where it is unknown */
export function outputKind(path: string): OutputKind {
  if (path.endsWith(".json")) {
    throw new UsageError(`${path}: an index is only read; name a .safetensors file`);
  }
  const kind = kindOfFile(path);
  if (kind !== null) return kind;
  if (path.endsWith(".ckpt")) return "pytorch_checkpoint";
  if (extname(path) === "") return "checkpoint";
  throw new UsageError(
    `${path}: its name should end in .safetensors, .pth, .npz or .npy, in .ckpt for a checkpoint ` +
      "of PyTorch, or have no suffix for one of ours",
  );
}
