import { extname } from "node:path";
import { kindOfFile, KNOWN_SUFFIXES, type TensorFileKind } from "../../train/tensor_file.ts";
import { UsageError } from "../../train/usage_error.ts";

/** What can be written: files of arrays, and checkpoint folders of ours and of PyTorch. */
export type OutputKind = TensorFileKind | "checkpoint" | "pytorch_checkpoint";

/** What a name promises. @throws {UsageError} where it promises nothing that can be written */
export function outputKind(path: string): OutputKind {
  const name = path.replace(/\/+$/, "");
  if (name.endsWith(".json")) {
    throw new UsageError(`${path}: an index is only read; name a .safetensors file`);
  }
  const kind = kindOfFile(name);
  if (kind !== null) return kind;
  if (name.endsWith(".ckpt")) return "pytorch_checkpoint";
  if (extname(name) === "") return "checkpoint";
  throw new UsageError(
    `${path}: its name should end in one of ${KNOWN_SUFFIXES}, in .ckpt, or in none for a checkpoint of ours`,
  );
}
