import type { State } from "../../engine/mod.ts";
import type { Values } from "./checkpoint.ts";
import type { Shapes } from "./fit_weights.ts";
import { type StoredTensor, toFloat32 } from "../formats/stored_tensor.ts";
import { openTensorFile, type TensorFile } from "./tensor_file.ts";

/** Which weights of a checkpoint: their moving average, or as they are. */
export type WeightsKind = "ema" | "nnet";

/** Dictionaries of a `.pth` file that weights are looked for in, in this order; then its only one. */
const GROUPS: Readonly<Record<WeightsKind, readonly string[]>> = {
  ema: ["ema", "model_ema", "nnet_ema", "state_dict", "model", "nnet"],
  nnet: ["state_dict", "model", "nnet", "ema", "model_ema", "nnet_ema"],
};

/** Bytes of a file in memory at once while it goes to the device. */
const PIECE_BYTES = 2 ** 23;
/** Bytes that may wait on the host for the device to take them. */
const AHEAD_BYTES = 2 ** 25;

/** A file of weights: safetensors, `.npz` or `.pth`, there also a dictionary inside another. */
export class WeightsFile implements Disposable {
  readonly #file: TensorFile;
  readonly #prefix: string;
  /** Shapes of the arrays. */
  readonly shapes: Shapes;

  constructor(file: TensorFile, kind: WeightsKind) {
    this.#file = file;
    const group = GROUPS[kind].find((name) => file.groups.includes(name)) ?? onlyGroup(file);
    this.#prefix = group === undefined ? "" : `${group}.`;
    this.shapes = Object.fromEntries(
      [...file.tensors].filter(([name]) => name.startsWith(this.#prefix))
        .map(([name, { shape }]) => [name.slice(this.#prefix.length), shape]),
    );
  }

  /** The files that the arrays are in. */
  get files(): readonly string[] {
    return this.#file.files;
  }

  /** Texts about the file. */
  get metadata(): Readonly<Record<string, string>> {
    return this.#file.metadata;
  }

  /** How many arrays and other values are in the file besides. */
  get others(): number {
    const { tensors, values } = this.#file;
    return tensors.size + values.size - Object.keys(this.shapes).length;
  }

  /** An array as it is stored. */
  read(name: string): StoredTensor {
    return this.#file.read(this.#prefix + name);
  }

  /** Arrays in float32. @param names in the file, by parameter */
  values(names: ReadonlyMap<string, string>): Values {
    const values: Values = {};
    for (const [parameter, name] of names) {
      const tensor = this.read(name);
      values[parameter] = { shape: tensor.shape, data: toFloat32(tensor) };
    }
    return values;
  }

  /**
   * Puts arrays on the device, piece by piece, so that the host never holds more than a few of them.
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

/** The dictionary that all arrays of a file are in, whatever its name. */
function onlyGroup({ groups, tensors }: TensorFile): string | undefined {
  const [group] = groups;
  const holdsAll = groups.length === 1 &&
    tensors.keys().every((name) => name.startsWith(`${group}.`));
  return holdsAll ? group : undefined;
}

/** Opens a file of weights; the kind matters where it has several. @throws {CheckpointError} */
export async function openWeights(path: string, kind: WeightsKind): Promise<WeightsFile> {
  return new WeightsFile(await openTensorFile(path), kind);
}
