import { dirname } from "node:path";
import { CHECKPOINT_FILES, CheckpointError } from "../../train/checkpoints/checkpoint.ts";
import { exists } from "../../train/files/durable.ts";
import { PYTORCH_FILES } from "../../train/checkpoints/pytorch_checkpoint.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import type { OutputKind } from "./output_kind.ts";

/**
 * Checks that an output may be written: nothing exists in its place or, with `force`, only a file
 * or a checkpoint's folder that it can replace.
 *
 * @throws {UsageError} where something else exists
 */
export async function mustBeFree(to: string, kind: OutputKind, force: boolean): Promise<void> {
  if (!await exists(to)) return;
  if (!force) {
    throw new UsageError(`${to}: exists; choose another name, or --force to overwrite it`);
  }
  const { isDirectory } = await Deno.stat(to);
  const folder = kind === "checkpoint" || kind === "pytorch_checkpoint";
  if (isDirectory !== folder) {
    throw new UsageError(
      `${to}: is a ${isDirectory ? "folder" : "file"}, and a ${folder ? "folder" : "file"} ` +
        "is to be written; choose another name",
    );
  }
  if (!isDirectory) return;
  for await (const { name } of Deno.readDir(to)) {
    if (CHECKPOINT_FILES.includes(name) || PYTORCH_FILES.includes(name)) continue;
    throw new UsageError(
      `${to}: has more in it than a checkpoint (${name}), which --force would remove; ` +
        "choose another name",
    );
  }
}

/** Creates an output's folder, then the output. @throws {CheckpointError} where that fails */
export async function writeOutput(to: string, write: () => Promise<void>): Promise<void> {
  try {
    await Deno.mkdir(dirname(to), { recursive: true });
    await write();
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new CheckpointError(`${to}: cannot be written (${error.message})`);
  }
}
