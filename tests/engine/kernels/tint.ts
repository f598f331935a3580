// deno-lint-ignore-file no-import-prefix -- for this test alone
// @ts-types="./dawn.d.ts"
import { create } from "npm:webgpu@0.6.2";
import type { KernelText } from "./kernel_texts.ts";

/** Held as long as the process: Dawn crashes where it is collected before what it made. */
const dawn = create(["backend=null"]);

/**
 * Has Tint, the compiler of Chromium's WebGPU, parse and validate kernels: Dawn's null backend needs
 * no adapter, and has every feature.
 *
 * @returns what is wrong with each text that is refused or warned of, with the text
 */
export async function refusedByTint(texts: readonly KernelText[]): Promise<string[]> {
  const adapter = await dawn.requestAdapter();
  if (!adapter) throw new Error("Dawn has no null backend here");
  const device = await adapter.requestDevice({ requiredFeatures: ["subgroups", "shader-f16"] });
  const faults = await Promise.all(texts.map(async ({ code, usesSubgroups }) => {
    device.pushErrorScope("validation");
    const module = device.createShaderModule({
      code: usesSubgroups ? `enable subgroups;\n${code}` : code,
    });
    // Its limits are those that WebGPU guarantees: texts that bind more than that are only parsed.
    const bindings = code.match(/var<storage/g)?.length ?? 0;
    if (bindings <= device.limits.maxStorageBuffersPerShaderStage) {
      device.createComputePipeline({ layout: "auto", compute: { module } });
    }
    const [error, { messages }] = await Promise.all([
      device.popErrorScope(),
      module.getCompilationInfo(),
    ]);
    const lines = messages.map(({ type, lineNum, message }) => `${type} ${lineNum}: ${message}`);
    return error || lines.length > 0 ? [...lines, error?.message, code].join("\n") : null;
  }));
  device.destroy();
  return faults.filter((fault) => fault !== null);
}
