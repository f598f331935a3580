import { join } from "node:path";
import { type Device, State } from "../../engine/mod.ts";
import { openWeights } from "../../train/checkpoints/weights_file.ts";
import { median } from "../../engine/testing/paired_times.ts";
import { WrongResultError } from "./timed_jobs.ts";

/** How fast a large file of weights goes to the device, and what that takes of the host. */
export interface LoadingRow {
  /** Size of the file, bytes. */
  readonly bytes: number;
  /** Into memory that was just allocated, as a program does; the median of the rounds. */
  readonly megabytes_per_s: number;
  /**
   * Highest memory of the process during the first load, less the memory before it, less the
   * weights themselves where the device's memory is the host's; null where the system does not
   * tell.
   */
  readonly extra_megabytes: number | null;
}

/** Shapes that make up 500 MB: the many small and few large tensors of a network. */
const LARGE = 119;
const SHAPES: Readonly<Record<string, readonly number[]>> = Object.fromEntries(
  Array.from({ length: LARGE }, (_, i) =>
    [
      [`blocks.${i}.weight`, [1024, 1024]],
      [`blocks.${i}.bias`, [1024]],
    ] as const).flat(),
);

/** Writes a safetensors file of 500 MB, and loads it to the device, each round into new memory. */
export async function loadingRow(device: Device, rounds: number): Promise<LoadingRow> {
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, "weights.safetensors");
    await writeWeights(file);
    const names = new Map(Object.keys(SHAPES).map((name) => [name, name]));
    const { size: bytes } = await Deno.stat(file);
    const seconds: number[] = [];
    let extra_megabytes: number | null = null;
    for (let round = 0; round < rounds; round++) {
      using state = new State(device, SHAPES, "weights");
      await device.idle();
      await forgetPeak();
      const before = await memory("VmRSS");
      const start = performance.now();
      using weights = await openWeights(file, "nnet");
      await weights.load(state, names);
      seconds.push((performance.now() - start) / 1000);
      const peak = await memory("VmHWM");
      if (round === 0 && before !== null && peak !== null) {
        const onHost = device.capabilities.adapterClass === "discrete" ? 0 : state.bytes;
        extra_megabytes = (peak - before - onHost) / 1e6;
      }
      if (round === 0) await check(device, state);
    }
    return { bytes, megabytes_per_s: bytes / 1e6 / median(seconds), extra_megabytes };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Value `i` of tensor number `tensor`. */
function valueAt(tensor: number, i: number): number {
  return tensor + (i % 1024) / 1024;
}

/** Writes the file tensor by tensor, so that it never is in memory whole. */
async function writeWeights(path: string): Promise<void> {
  let at = 0;
  const header = Object.entries(SHAPES).map(([name, shape]) => {
    const begin = at;
    at += 4 * shape.reduce((n, d) => n * d, 1);
    return [name, { dtype: "F32", shape, data_offsets: [begin, at] }];
  });
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  using file = await Deno.open(path, { write: true, create: true });
  const writeAll = async (bytes: Uint8Array) => {
    for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
  };
  await writeAll(new Uint8Array(BigUint64Array.of(BigInt(text.length)).buffer));
  await writeAll(text);
  for (const [tensor, shape] of Object.values(SHAPES).entries()) {
    const values = new Float32Array(shape.reduce((n, d) => n * d, 1));
    for (let i = 0; i < values.length; i++) values[i] = valueAt(tensor, i);
    await writeAll(new Uint8Array(values.buffer));
  }
}

/** @throws {WrongResultError} where the last tensor on the device is not the file's */
async function check(device: Device, state: State): Promise<void> {
  const tensor = state.names.length - 1;
  const name = state.names[tensor];
  const { segment, offset, size } = state.entry(name);
  const read = new Float32Array(await device.read(state.buffers[segment], offset * 4, size * 4));
  const wrong = read.findIndex((value, i) => value !== Math.fround(valueAt(tensor, i)));
  if (wrong >= 0) throw new WrongResultError(`loading: ${name} has ${read[wrong]} at ${wrong}`);
}

/** A line of Linux's account of this process, bytes; null elsewhere. */
async function memory(line: "VmRSS" | "VmHWM"): Promise<number | null> {
  try {
    const status = await Deno.readTextFile("/proc/self/status");
    const kilobytes = new RegExp(`^${line}:\\s+(\\d+) kB$`, "m").exec(status)?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}

/** Makes the highest memory so far the present one, where the system can. */
async function forgetPeak(): Promise<void> {
  await Deno.writeTextFile("/proc/self/clear_refs", "5").catch(() => {});
}
