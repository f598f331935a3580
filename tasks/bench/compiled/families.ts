import type { Capabilities } from "../../../engine/mod.ts";

/** How the vector units of a family's compute units work. */
export type Generation = "gcn" | "rdna" | "rdna3";

interface Family {
  readonly generation: Generation;
  readonly adapterClass: Capabilities["adapterClass"];
}

const of = (generation: Generation, adapterClass: Family["adapterClass"], ...names: string[]) =>
  names.map((name): [string, Family] => [name, { generation, adapterClass }]);

/** The families whose assembly Mesa can print with its oldest LLVM in use. */
export const FAMILIES: ReadonlyMap<string, Family> = new Map([
  ...of("rdna3", "discrete", "navi31", "navi32", "navi33"),
  ...of("rdna3", "integrated", "phoenix"),
  ...of("rdna", "discrete", "navi10", "navi14", "navi21", "navi23"),
  ...of("rdna", "integrated", "vangogh", "rembrandt"),
  ...of("gcn", "discrete", "tonga", "polaris10", "vega10", "vega20"),
  ...of("gcn", "integrated", "raven", "renoir"),
]);

/** What a device of a family would find through Deno's WebGPU on Mesa's driver. */
export function familyCapabilities(family: string): Capabilities {
  const { generation, adapterClass } = FAMILIES.get(family)!;
  return {
    adapterClass,
    vendor: "amd",
    // Subgroups of RDNA have 32 or 64 invocations, and kernels rely on a fixed number alone.
    subgroupSize: generation === "gcn" ? 64 : 0,
    maxWorkgroupsPerDimension: 65535,
    maxWorkgroupMemory: 16384,
    maxStorageBuffers: 16,
    maxBindingBytes: 2 ** 32 - 4,
    f16: true,
    int64: false,
  };
}
