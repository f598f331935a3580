import { counted } from "../../engine/counted.ts";
import { join } from "node:path";
import { type Checkpoint, CheckpointError, mustBeFinite, type Values } from "./checkpoint.ts";
import type { RunConfig } from "../config/autoencoder_run_config.ts";
import type { OptimizerConfig } from "../config/config.ts";
import { exists, removeFolder, replaceFolder, writeDurably } from "../files/durable.ts";
import { fitWeights, mustFit, prefixNote, type Shapes } from "./fit_weights.ts";
import { decodePth, encodePth, PthError, type PthValue } from "../formats/pth.ts";
import {
  elements,
  isStoredTensor,
  type StoredTensor,
  toFloat32,
} from "../formats/stored_tensor.ts";
import { beyondKept, type Exceptions } from "./keep_newest.ts";
import { learningRate } from "../config/learning_rate.ts";
import { openWeights } from "./weights_file.ts";

/**
 * A checkpoint of the PyTorch implementation, which has no configuration.
 * @category Checkpoints
 */
export interface PytorchCheckpoint extends Omit<Checkpoint, "config"> {
  /** The settings of its optimizer. */
  readonly optimizer: Partial<Pick<OptimizerConfig, "lr" | "betas" | "eps" | "weight_decay">>;
}

const STEP = "step.pth";
/** File name of the weights in the PyTorch implementation's folder. */
export const NNET_PTH = "nnet.pth";
/** File name of their moving average. */
export const NNET_EMA_PTH = "nnet_ema.pth";
const OPTIMIZER = "optimizer.pth";
const LR_SCHEDULER = "lr_scheduler.pth";
/** Names of all files in the PyTorch implementation's folder. */
export const PYTORCH_FILES: readonly string[] = [
  STEP,
  NNET_PTH,
  NNET_EMA_PTH,
  OPTIMIZER,
  LR_SCHEDULER,
];
const FOLDER = /^(\d+)\.ckpt$/;

/** Whether a folder is a checkpoint of the PyTorch implementation, such as `12.ckpt`. */
export async function isPytorchCheckpoint(folder: string): Promise<boolean> {
  return await exists(join(folder, NNET_PTH)) || await exists(join(folder, NNET_EMA_PTH));
}

/** The PyTorch implementation's checkpoints in a run's `ckpts` folder, newest first. */
export async function pytorchCheckpoints(workdir: string): Promise<string[]> {
  const root = join(workdir, "ckpts");
  return await exists(root) ? (await steps(root)).map((step) => ckpt(root, step)) : [];
}

/** Whether a folder records its step. */
export async function hasPytorchStep(folder: string): Promise<boolean> {
  return await exists(join(folder, STEP));
}

/** Reads the number of optimizer steps behind a folder's weights. @throws {CheckpointError} */
export async function readPytorchStep(folder: string): Promise<number> {
  const file = join(folder, STEP);
  const step = await readPth(file);
  if (typeof step === "number" && Number.isSafeInteger(step) && step >= 0) return step;
  throw new CheckpointError(`${file}: does not hold a number of steps`);
}

/**
 * Reads a checkpoint of the PyTorch implementation: `step.pth`, `nnet.pth`, `nnet_ema.pth` and
 * `optimizer.pth`, whose moments are in the order of the parameters. `lr_scheduler.pth` is not
 * needed, as the learning rate follows from the step.
 *
 * @param shapes of the network's parameters, by name
 * @param onNote called with a line where a prefix was taken off the keys of a file
 * @throws {CheckpointError} where a file is missing, damaged, or another network's, or a value is not
 * finite
 * @category Checkpoints
 */
export async function readPytorchCheckpoint(
  folder: string,
  shapes: Shapes,
  onNote: (message: string) => void = () => {},
): Promise<PytorchCheckpoint> {
  const step = await readPytorchStep(folder);
  const weights = async (name: string): Promise<[Values, string[]]> => {
    const file = join(folder, name);
    using found = await openWeights(file, "nnet");
    const fit = fitWeights(found.shapes, shapes);
    mustFit(fit, file);
    prefixNote(fit, file).forEach(onNote);
    const values = found.values(fit.names);
    mustBeFinite(file, values);
    return [values, Object.keys(fit.found)];
  };
  const [nnet, order] = await weights(NNET_PTH);
  const [nnet_ema] = await weights(NNET_EMA_PTH);
  const file = join(folder, OPTIMIZER);
  const { exp_avg, exp_avg_sq, optimizer } = moments(await readPth(file), {
    file,
    step,
    order,
    shapes,
  });
  for (const [key, values] of Object.entries({ exp_avg, exp_avg_sq })) {
    mustBeFinite(`${file}: ${key}`, values);
  }
  return { step, nnet, nnet_ema, exp_avg, exp_avg_sq, optimizer };
}

/**
 * Writes a checkpoint as a folder of the PyTorch implementation, atomically, replacing one that
 * exists. Parameters are numbered in the order of `nnet`, which is module order.
 * @category Checkpoints
 */
export async function writePytorchCheckpoint(
  folder: string,
  checkpoint: Checkpoint<RunConfig>,
): Promise<void> {
  const { step, nnet, nnet_ema } = checkpoint;
  await replaceFolder(folder, async (saving) => {
    const write = (name: string, value: PthValue) =>
      writeDurably(join(saving, name), encodePth(value));
    await write(STEP, step);
    await write(NNET_PTH, stateDict(nnet));
    await write(NNET_EMA_PTH, stateDict(nnet_ema));
    await write(OPTIMIZER, optimizerState(checkpoint));
    await write(LR_SCHEDULER, schedulerState(checkpoint));
  });
}

/**
 * Saves `<workdir>/ckpts/<step>.ckpt` atomically, then removes all but the `keep` newest up to its
 * step, with `exceptions`.
 *
 * @throws {CheckpointError} where it cannot be written, as on a full disk
 */
export async function savePytorchCheckpoint(
  workdir: string,
  checkpoint: Checkpoint<RunConfig>,
  keep: number,
  exceptions: Exceptions = {},
): Promise<void> {
  const root = join(workdir, "ckpts");
  const folder = ckpt(root, checkpoint.step);
  try {
    await Deno.mkdir(root, { recursive: true });
    await writePytorchCheckpoint(folder, checkpoint);
    const older = (await steps(root)).filter((step) => step <= checkpoint.step)
      .map((step) => ({ step }));
    for (const { step } of beyondKept(older, keep, exceptions)) {
      await removeFolder(ckpt(root, step));
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new CheckpointError(`${folder}: cannot be saved (${error.message})`);
  }
}

function ckpt(root: string, step: number): string {
  return join(root, `${step}.ckpt`);
}

/** Steps of a folder's checkpoints, newest first. */
async function steps(root: string): Promise<number[]> {
  const found: number[] = [];
  for await (const { name } of Deno.readDir(root)) {
    const match = FOLDER.exec(name);
    if (match) found.push(Number(match[1]));
  }
  return found.sort((a, b) => b - a);
}

async function readPth(file: string): Promise<PthValue> {
  try {
    return decodePth(await Deno.readFile(file), file);
  } catch (error) {
    if (error instanceof PthError) throw new CheckpointError(error.message);
    if (error instanceof Deno.errors.NotFound) throw new CheckpointError(`${file}: is missing`);
    throw new CheckpointError(`${file}: cannot be read (${(error as Error).message})`);
  }
}

/** Adam's moments by parameter name; zero where the optimizer has no state of a parameter yet. */
function moments(
  value: PthValue,
  { file, step, order, shapes }: {
    file: string;
    step: number;
    order: readonly string[];
    shapes: Shapes;
  },
): Pick<PytorchCheckpoint, "exp_avg" | "exp_avg_sq" | "optimizer"> {
  const fail = (problem: string): never => {
    throw new CheckpointError(`${file}: ${problem}`);
  };
  const state = mapOf(value, "state") ?? fail("is not the state of an optimizer");
  const groups = value instanceof Map ? value.get("param_groups") : undefined;
  const group = Array.isArray(groups) && groups.length === 1 ? groups[0] : undefined;
  const numbers = group instanceof Map ? group.get("params") : undefined;
  if (!(group instanceof Map) || !Array.isArray(numbers)) {
    return fail("does not have one group of parameters");
  }
  if (group.get("amsgrad") === true) return fail("uses amsgrad, which is not supported");
  if (numbers.length !== order.length) {
    return fail(
      `is of ${counted(numbers.length, "parameter")}, and ${NNET_PTH} has ${order.length}`,
    );
  }
  const exp_avg: Values = {};
  const exp_avg_sq: Values = {};
  numbers.forEach((number, i) => {
    const name = order[i];
    const shape = [...shapes[name]];
    const own = typeof number === "number" ? mapOf(state, number) : undefined;
    const moment = (key: string) => {
      if (!own) return new Float32Array(elements(shape));
      const tensor = own.get(key);
      if (!isStoredTensor(tensor)) return fail(`parameter ${number} (${name}) lacks ${key}`);
      if (String(tensor.shape) !== String(shape)) {
        return fail(
          `${key} of parameter ${number} is [${tensor.shape}], and ${name} is [${shape}]`,
        );
      }
      return toFloat32(tensor);
    };
    const taken = own ? scalar(own.get("step")) : step;
    if (taken !== step) {
      return fail(
        `${name} has had ${
          taken === undefined ? "no steps" : counted(taken, "step")
        }, and ${STEP} says ${step}`,
      );
    }
    exp_avg[name] = { shape, data: moment("exp_avg") };
    exp_avg_sq[name] = { shape, data: moment("exp_avg_sq") };
  });
  return { exp_avg, exp_avg_sq, optimizer: settings(group) };
}

function settings(group: Map<string | number, PthValue>): PytorchCheckpoint["optimizer"] {
  const found: PytorchCheckpoint["optimizer"] = {};
  // The scheduler changes "lr" and leaves the base rate in "initial_lr".
  const lr = group.get("initial_lr") ?? group.get("lr");
  if (typeof lr === "number") found.lr = lr;
  for (const key of ["eps", "weight_decay"] as const) {
    const number = group.get(key);
    if (typeof number === "number") found[key] = number;
  }
  const betas = group.get("betas");
  if (Array.isArray(betas) && betas.length === 2 && betas.every((b) => typeof b === "number")) {
    found.betas = betas as [number, number];
  }
  return found;
}

function stateDict(values: Values): PthValue {
  return new Map(Object.entries(values).map(([name, value]) => [name, storedF32(value)]));
}

function optimizerState(
  { step, config, nnet, exp_avg, exp_avg_sq }: Checkpoint<RunConfig>,
): PthValue {
  const names = Object.keys(nnet);
  const state = new Map<number, PthValue>();
  // PyTorch has no state before the first step.
  if (step > 0) {
    names.forEach((name, i) =>
      state.set(
        i,
        mapFrom({
          step: storedF32({ shape: [], data: Float32Array.of(step) }),
          exp_avg: storedF32(exp_avg[name]),
          exp_avg_sq: storedF32(exp_avg_sq[name]),
        }),
      )
    );
  }
  const { lr, betas, eps, weight_decay } = config.optimizer;
  const group = mapFrom({
    lr: learningRate(config, step),
    betas,
    eps,
    weight_decay,
    amsgrad: false,
    maximize: false,
    foreach: null,
    capturable: false,
    differentiable: false,
    fused: null,
    initial_lr: lr,
    params: names.map((_, i) => i),
  });
  return mapFrom({ state, param_groups: [group] });
}

function schedulerState({ step, config }: Checkpoint<RunConfig>): PthValue {
  return mapFrom({
    base_lrs: [config.optimizer.lr],
    last_epoch: step,
    verbose: false,
    _step_count: step + 1,
    _get_lr_called_within_step: false,
    _last_lr: [learningRate(config, step)],
    lr_lambdas: [null],
  });
}

function storedF32({ shape, data }: Values[string]): StoredTensor {
  return { dtype: "F32", shape, data };
}

function mapFrom(record: Record<string, PthValue>): Map<string | number, PthValue> {
  return new Map(Object.entries(record));
}

function mapOf(value: PthValue, key: string | number): Map<string | number, PthValue> | undefined {
  const inner = value instanceof Map ? value.get(key) : undefined;
  return inner instanceof Map ? inner : undefined;
}

function scalar(value: PthValue | undefined): number | undefined {
  if (typeof value === "number") return value;
  return isStoredTensor(value) ? toFloat32(value)[0] : undefined;
}
