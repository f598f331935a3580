/**
 * Writes weights, checkpoints and logs in another form (PyTorch, safetensors, NumPy, TensorBoard): a command.
 *
 * @example The averaged weights of a run, for PyTorch
 * ```sh
 * deno run -A jsr:@scalelong/scalelong/convert runs/quickstart_scalelong3 nnet_ema.pth
 * ```
 *
 * @module
 */
import { dirname } from "node:path";
import { UsageError } from "../train/config/usage_error.ts";
import { convertAutoencoder } from "./convert/convert_autoencoder.ts";
import { convertCheckpoint } from "./convert/convert_checkpoint.ts";
import { convertFile, DTYPES } from "./convert/convert_file.ts";
import { CONVERT_FLAGS, convertHelp, readConvertArguments } from "./convert/convert_flags.ts";
import { convertLog, isLog } from "./convert/convert_log.ts";
import { outputKind } from "./convert/output_kind.ts";
import { mustBeFree } from "./convert/write_output.ts";
import { runTask } from "./cli/run_task.ts";

/** Converts weights or a checkpoint to another format. */
async function main(args: readonly string[]): Promise<void> {
  const read = await readConvertArguments(args);
  if (read === null) return console.log(convertHelp());
  const { flags, from, to, config } = read;
  if (to === null || isLog(from)) {
    return console.log(await convertLog(from, to ?? dirname(from), flags.force));
  }
  const kind = outputKind(to);
  await mustBeFree(to, kind, flags.force);
  const isFolder = kind === "checkpoint" || kind === "pytorch_checkpoint";
  const { keys, force } = flags;
  if (keys !== null) {
    if (isFolder || config !== null) {
      throw new UsageError(
        "--keys: an autoencoder goes to a file (.safetensors, .pth or .npz), without the flags of a " +
          "network",
      );
    }
    const dtype = flags.dtype === null ? null : DTYPES[flags.dtype];
    return console.log(await convertAutoencoder(from, to, { kind, keys, dtype, force }));
  }
  const done = isFolder
    ? await convertCheckpoint(from, to, { kind, dtype: flags.dtype, config })
    : await convertFile(from, to, { ...flags, kind, config });
  console.log(done);
}

if (import.meta.main) await runTask(main, { flags: CONVERT_FLAGS, usesDevice: false });
