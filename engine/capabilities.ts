/** The kind of an adapter, which decides between kernel variants: a CPU, or a GPU of either kind. */
export type AdapterClass = "software" | "integrated" | "discrete";

/** Facts about a device that choose and shape its kernels. */
export interface Capabilities {
  /** What kind of adapter it is. */
  readonly adapterClass: AdapterClass;
  /** Invocations of a subgroup where kernels may rely on the number, else 0. */
  readonly subgroupSize: number;
  /** Workgroups that a dispatch may have in each dimension. */
  readonly maxWorkgroupsPerDimension: number;
  /** Storage buffers that a kernel may bind. */
  readonly maxStorageBuffers: number;
  /** Bytes that one storage binding may span. */
  readonly maxBindingBytes: number;
  /** Whether kernels can load and store f16. */
  readonly f16: boolean;
  /** Whether kernels can load and store 64-bit integers, and are faster for it. */
  readonly int64: boolean;
}
