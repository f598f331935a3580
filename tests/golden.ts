import { presets } from "../train/config/presets.ts";
import type { UVitNnetConfig } from "../train/config/config.ts";
import type { Values } from "../train/checkpoints/checkpoint.ts";
import { decodeSafetensors } from "../train/formats/safetensors.ts";

/** A file of golden values; see tests/golden/README.md. */
export interface Golden {
  readonly metadata: Readonly<Record<string, string>>;
  /** Names of all arrays. */
  readonly names: readonly string[];
  /** An f32 array. */
  f32(name: string): { shape: number[]; data: Float32Array };
  /** An i32 array, where the file has it. */
  i32(name: string): { shape: number[]; data: Int32Array } | undefined;
  /** The values of an array of f64. */
  f64(name: string): number[];
  /** The f32 arrays whose name begins with `prefix`, by the rest of their name. */
  group(prefix: string): Values;
}

/** Reads `tests/golden/NAME.safetensors`. */
export async function readGolden(name: string): Promise<Golden> {
  const url = new URL(`./golden/${name}.safetensors`, import.meta.url);
  const { tensors, metadata } = decodeSafetensors(await Deno.readFile(url), name);
  const names = Object.keys(tensors);
  const f32 = (key: string) => {
    const { shape, data } = tensors[key];
    if (data instanceof Float32Array) return { shape, data };
    throw new TypeError(`${name}: ${key} is not F32`);
  };
  return {
    metadata,
    names,
    f32,
    i32(key) {
      const tensor = tensors[key];
      return tensor?.dtype === "I32" ? tensor : undefined;
    },
    f64: (key) => Array.from(tensors[key].data, Number),
    group: (prefix) =>
      Object.fromEntries(
        names.filter((key) => key.startsWith(prefix))
          .map((key) => [key.slice(prefix.length), f32(key)]),
      ),
  };
}

/** The network's options that a golden file names, the paper's where it names none. */
export function goldenNnet(metadata: Golden["metadata"]): UVitNnetConfig {
  return { ...presets.cifar10.nnet, ...JSON.parse(metadata.config), name: "uvit" };
}

/** The largest difference over the largest magnitude expected; NaN where `actual` has one. */
export function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let difference = 0;
  let magnitude = 0;
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(actual[i] - expected[i]));
    magnitude = Math.max(magnitude, Math.abs(expected[i]));
  }
  return difference === 0 ? 0 : difference / magnitude;
}
