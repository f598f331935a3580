import { counted } from "../../engine/counted.ts";
import { castTensor, type FloatDtype } from "../../train/checkpoints/cast_tensor.ts";
import {
  CheckpointError,
  checkpointMetadata,
  savedIn,
} from "../../train/checkpoints/checkpoint.ts";
import type { Config } from "../../train/config/config.ts";
import { replaceFile } from "../../train/files/durable.ts";
import { namesItself, stepNextTo, weightsFiles } from "../../train/checkpoints/find_weights.ts";
import { firstReadable } from "../../train/checkpoints/first_readable.ts";
import { fitWeights, mustFit, prefixNote } from "../../train/checkpoints/fit_weights.ts";
import { notFinite } from "../../train/formats/not_finite.ts";
import { type StoredTensor, toFloat64 } from "../../train/formats/stored_tensor.ts";
import { humanBytes } from "../../page/human_units.ts";
import { shapesOf } from "../../train/checkpoints/network_shapes.ts";
import type { TensorFileKind } from "../../train/checkpoints/tensor_file.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import { openWeights, type WeightsKind } from "../../train/checkpoints/weights_file.ts";
import { NETWORK_REMEDIES } from "../cli/network_flags.ts";
import { encodeArrays } from "./encode_arrays.ts";
import { writeOutput } from "./write_output.ts";

/** Flags of a conversion to a file. */
export interface ConvertFlags {
  /** Type to store floats in; null: unchanged. */
  dtype: "f32" | "f16" | "bf16" | null;
  /** Which weights of a checkpoint. */
  weights: WeightsKind;
}

/** The type of stored floats by the name that `--dtype` takes. */
export const DTYPES: Readonly<Record<string, FloatDtype>> = {
  f32: "F32",
  f16: "F16",
  bf16: "BF16",
};

/**
 * Converts the arrays of a file, or the weights of a checkpoint, to a file of another format. With
 * a configuration, they must fit its network, and safetensors record it. Of a run it takes the newest
 * checkpoint that can be read and is finite; what else is not finite is converted as it is.
 *
 * @returns lines on what was skipped, chosen and written
 * @throws {UsageError} where the flags do not apply
 * @throws {CheckpointError} where it cannot be read or is another network's
 * @throws {CastError} where a number is too large for the type
 */
export async function convertFile(
  from: string,
  to: string,
  { weights, kind, ...flags }: ConvertFlags & { kind: TensorFileKind; config: Config | null },
): Promise<string> {
  const skipped: string[] = [];
  const sources = await weightsFiles(from, weights);
  const { source, tensors, metadata, others, notes } = await firstReadable(
    from,
    sources,
    // What stands alone is converted as it is; of several checkpoints, a finite one.
    (source) => arraysOf(source, { weights, mustBeFinite: sources.length > 1, ...flags }),
    (message) => skipped.push(message),
  );
  const bytes = encodeArrays(to, kind, tensors, metadata);
  await writeOutput(to, () => replaceFile(to, bytes));
  const left = others === 0
    ? ""
    : `; left out what else is in ${source}: ${counted(others, "value")}`;
  const done = `Left ${to}: ${counted(Object.keys(tensors).length, "array")}, ${
    humanBytes(bytes.length)
  }`;
  return [...skipped, ...notes, done + left].join("\n");
}

/** What a file becomes, before it is written. */
interface Arrays {
  readonly source: string;
  readonly tensors: Record<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Values in the file that are not among the arrays. */
  readonly others: number;
  readonly notes: readonly string[];
}

/** Reads the arrays of a file, in the type that is asked for. */
async function arraysOf(
  source: string,
  { dtype, weights, config, mustBeFinite }: ConvertFlags & {
    config: Config | null;
    mustBeFinite: boolean;
  },
): Promise<Arrays> {
  using file = await openWeights(source, weights);
  let names = new Map(Object.keys(file.shapes).map((name) => [name, name]));
  let metadata = file.metadata;
  const notes = [...file.notes];
  if (config !== null) {
    if (savedIn(source, metadata)) throw new UsageError(namesItself(source, NETWORK_REMEDIES));
    const fit = fitWeights(file.shapes, shapesOf(config));
    mustFit(fit, source);
    notes.push(...prefixNote(fit, source));
    names = new Map(fit.names);
    metadata = checkpointMetadata({ step: await stepNextTo(source) ?? 0, config });
  }
  if (names.size === 0) throw new CheckpointError(`${source}: has no arrays`);
  const tensors: Record<string, StoredTensor> = {};
  const faults: string[] = [];
  for (const [parameter, name] of names) {
    const tensor = file.read(name);
    const fault = notFinite(name, tensor.dtype === "F32" ? tensor.data : toFloat64(tensor));
    if (fault !== null && mustBeFinite) throw new CheckpointError(`${source}: ${fault}`);
    if (fault !== null) faults.push(fault);
    tensors[parameter] = dtype === null ? tensor : castTensor(tensor, DTYPES[dtype], parameter);
  }
  if (faults.length > 0) {
    const more = faults.length > 1
      ? `, and ${counted(faults.length - 1, "more array is", "more arrays are")} not finite`
      : "";
    notes.push(`${source}: ${faults[0]}${more}; converted as it is`);
  }
  return { source, tensors, metadata, others: file.others, notes };
}
