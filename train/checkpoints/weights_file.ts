import { createHash } from "node:crypto";
import type { State } from "../../engine/mod.ts";
import { CheckpointError, type Values } from "./checkpoint.ts";
import type { Shapes } from "./fit_weights.ts";
import { notFinite } from "../formats/not_finite.ts";
import { type StoredTensor, toFloat32 } from "../formats/stored_tensor.ts";
import { openTensorFile, type TensorFile } from "./tensor_file.ts";

/**
 * Which weights of a checkpoint: their moving average, or the weights themselves.
 * @category Checkpoints
 */
export type WeightsKind = "ema" | "nnet";

const EMA_GROUPS = ["ema", "model_ema", "nnet_ema", "ema_model", "ema_state_dict", "params_ema"];
const NNET_GROUPS = ["state_dict", "model", "nnet", "net", "network", "model_state_dict", "params"];

/** Keys of a `.pth` file that are searched for weights, in this order; then its only dictionary. */
const GROUPS: Readonly<Record<WeightsKind, readonly string[]>> = {
  ema: [...EMA_GROUPS, ...NNET_GROUPS],
  nnet: [...NNET_GROUPS, ...EMA_GROUPS],
};

/** Weights beside their moving average, as `ema_pytorch` saves both under flat keys. */
const TWINS: Readonly<Record<WeightsKind, string>> = { ema: "ema_model.", nnet: "online_model." };

/** Bytes of a file in memory at once during an upload. */
const PIECE_BYTES = 2 ** 23;
/** Bytes that may be queued on the host for the device. */
const AHEAD_BYTES = 2 ** 25;

/**
 * A file of weights: safetensors, `.npz`, or `.pth`, where they may be a nested dictionary.
 * @category Checkpoints
 */
export class WeightsFile implements Disposable {
  readonly #file: TensorFile;
  readonly #prefix: string;
  /** Shapes of the arrays by name. */
  readonly shapes: Shapes;
  /** A line that says which of two prefixes was chosen, where both have weights; else none. */
  readonly notes: readonly string[];

  /** Takes over an open file, and selects its weights of a kind where it has several. */
  constructor(file: TensorFile, kind: WeightsKind) {
    this.#file = file;
    const group = GROUPS[kind].find((name) => file.groups.includes(name)) ?? onlyGroup(file);
    const outer = group === undefined ? "" : `${group}.`;
    const hasTwins = Object.values(TWINS).every((twin) =>
      file.tensors.keys().some((name) => name.startsWith(outer + twin))
    );
    this.#prefix = hasTwins ? outer + TWINS[kind] : outer;
    const other = TWINS[kind === "ema" ? "nnet" : "ema"];
    this.notes = hasTwins ? [`${file.path}: took its ${TWINS[kind]}*, not its ${other}*`] : [];
    this.shapes = Object.fromEntries(
      [...file.tensors].filter(([name]) => name.startsWith(this.#prefix))
        .map(([name, { shape }]) => [name.slice(this.#prefix.length), shape]),
    );
  }

  /** The files that hold the arrays. */
  get files(): readonly string[] {
    return this.#file.files;
  }

  /** Strings about the file. */
  get metadata(): Readonly<Record<string, string>> {
    return this.#file.metadata;
  }

  /** The number of other arrays and values in the file. */
  get others(): number {
    const { tensors, values } = this.#file;
    return tensors.size + values.size - Object.keys(this.shapes).length;
  }

  /** Reads an array as it is stored. */
  read(name: string): StoredTensor {
    return this.#file.read(this.#prefix + name);
  }

  /** Reads `count` of an array's values, from `first` on, in float32. */
  part(name: string, first: number, count: number): Float32Array {
    return toFloat32(this.#file.part(this.#prefix + name, first, count));
  }

  /** Reads arrays in float32. @param names in the file, by parameter */
  values(names: ReadonlyMap<string, string>): Values {
    const values: Values = {};
    for (const [parameter, name] of names) {
      const tensor = this.read(name);
      values[parameter] = { shape: tensor.shape, data: toFloat32(tensor) };
    }
    return values;
  }

  /**
   * Checks arrays piece by piece.
   *
   * @param names in the file, by parameter
   * @throws {CheckpointError} naming the first value that is not finite in float32
   */
  mustBeFinite(names: ReadonlyMap<string, string>): void {
    for (const name of names.values()) {
      let at = 0;
      for (const piece of this.#file.pieces(this.#prefix + name, PIECE_BYTES)) {
        const data = toFloat32(piece);
        const fault = notFinite(name, data, at);
        if (fault !== null) throw new CheckpointError(`${this.#file.path}: ${fault}`);
        at += data.length;
      }
    }
  }

  /**
   * The SHA-256 sum of arrays in float32 with their parameters' names and shapes, hexadecimal: that
   * of a network's weights, whatever file they are in.
   *
   * @param names in the file, by parameter
   * @param shapes of the parameters, which a file may store as others of the same size
   */
  digest(names: ReadonlyMap<string, string>, shapes: Shapes): string {
    const hash = createHash("sha256");
    for (const parameter of [...names.keys()].sort()) {
      hash.update(`${parameter} ${shapes[parameter]}\n`);
      const name = this.#prefix + names.get(parameter)!;
      for (const piece of this.#file.pieces(name, PIECE_BYTES)) {
        const { buffer, byteOffset, byteLength } = toFloat32(piece);
        hash.update(new Uint8Array(buffer, byteOffset, byteLength));
      }
    }
    return hash.digest("hex");
  }

  /**
   * Uploads arrays piece by piece, so that the host never holds more than a few megabytes.
   *
   * @param names in the file, by the state's tensor
   */
  async load(state: State, names: ReadonlyMap<string, string>): Promise<void> {
    let ahead = 0;
    for (const [parameter, name] of names) {
      let at = 0;
      for (const piece of this.#file.pieces(this.#prefix + name, PIECE_BYTES)) {
        const data = toFloat32(piece);
        state.writePart(parameter, at, data);
        at += data.length;
        ahead += data.byteLength;
        if (ahead < AHEAD_BYTES) continue;
        await state.device.idle();
        ahead = 0;
      }
    }
    await state.device.idle();
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

/** The dictionary that holds all arrays of a file, whatever its name. */
function onlyGroup({ groups, tensors }: TensorFile): string | undefined {
  const [group] = groups;
  const holdsAll = groups.length === 1 &&
    tensors.keys().every((name) => name.startsWith(`${group}.`));
  return holdsAll ? group : undefined;
}

/**
 * Opens a file of weights, those of `kind` where it has several. @throws {CheckpointError}
 * @category Checkpoints
 */
export async function openWeights(path: string, kind: WeightsKind): Promise<WeightsFile> {
  const file = await openTensorFile(path);
  const whole = file.tensors.size === 0 ? file.values.get("value") : undefined;
  if (typeof whole === "string" && whole.endsWith(" (opaque)")) {
    throw new CheckpointError(
      `${path}: holds a whole object, ${whole}, and no state dict; save model.state_dict()`,
    );
  }
  return new WeightsFile(file, kind);
}
