import type { Device } from "../../engine/device.ts";

/** Which sizes of buffer the adapter allocates. */
export interface BufferReport {
  /** The largest size that was allocated, in MB; 0 where none was. */
  readonly allocated: number;
  /** The size that was refused although the adapter's limit allows it, in MB; null for none. */
  readonly refused: number | null;
}

const SIZES = [64, 128, 256, 512, 1024];
const MB = 1e6;

/**
 * Allocates buffers of 64 to 1024 MB, one after the other, up to the adapter's limit.
 *
 * @param allocates whether a buffer of so many bytes can be had; it is freed at once
 */
export async function bufferReport(
  allocates: (bytes: number) => Promise<boolean>,
  maxBufferSize: number,
): Promise<BufferReport> {
  let allocated = 0;
  for (const size of SIZES.filter((size) => size * MB <= maxBufferSize)) {
    if (!await allocates(size * MB)) return { allocated, refused: size };
    allocated = size;
  }
  return { allocated, refused: null };
}

/** Whether the device allocates a buffer of so many bytes. */
export async function allocates({ gpu }: Device, bytes: number): Promise<boolean> {
  gpu.pushErrorScope("validation");
  gpu.pushErrorScope("out-of-memory");
  const buffer = gpu.createBuffer({ size: bytes, usage: GPUBufferUsage.STORAGE, label: "probe" });
  const errors = [await gpu.popErrorScope(), await gpu.popErrorScope()];
  buffer.destroy();
  return errors.every((error) => error === null);
}

/** The report in one line, with the remedy where one is known. */
export function bufferLine({ allocated, refused }: BufferReport): string {
  if (refused === null) return `up to ${allocated} MB allocated`;
  return `refuses ${refused} MB (${allocated} MB allocated) below its own limit: a known fault of ` +
    "Deno's wgpu 29 on cards with a 256 MB BAR; switch on Resizable BAR (Above 4G Decoding) in " +
    "the firmware, use a newer Deno, or choose another device with --device";
}
