/** What kernels fit an adapter best; decides between kernel variants. */
export type AdapterClass = "software" | "integrated" | "discrete";

/** Facts about a device that choose and shape its kernels. */
export interface Capabilities {
  readonly adapterClass: AdapterClass;
  /** Lanes of a subgroup where it is fixed and usable in kernels, else 0. */
  readonly subgroupSize: number;
  readonly maxWorkgroupsPerDimension: number;
  readonly maxStorageBuffers: number;
  readonly maxBindingBytes: number;
  /** Kernels can load and store f16. */
  readonly f16: boolean;
  /** Kernels can load and store 64-bit integers, and gain by it. */
  readonly int64: boolean;
}
