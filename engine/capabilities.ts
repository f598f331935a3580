/**
 * The kind of an adapter, which decides between kernel variants: a CPU ("software"), or a GPU that
 * shares the memory of the CPU ("integrated") or has its own ("discrete").
 * @category Engine
 */
export type AdapterClass = "software" | "integrated" | "discrete";

/**
 * Who made an adapter, where kernels are chosen by it.
 * @category Engine
 */
export type AdapterVendor = "amd" | "apple" | "intel" | "nvidia" | "other";

/**
 * The properties of a device that decide which kernels it runs.
 * @category Engine
 */
export interface Capabilities {
  /** What kind of adapter it is. */
  readonly adapterClass: AdapterClass;
  /** Who made it. */
  readonly vendor: AdapterVendor;
  /** Invocations of a subgroup where kernels may rely on the number, else 0. */
  readonly subgroupSize: number;
  /** Workgroups that a dispatch may have in each dimension. */
  readonly maxWorkgroupsPerDimension: number;
  /** Bytes of workgroup memory that a kernel may declare. */
  readonly maxWorkgroupMemory: number;
  /** Storage buffers that a kernel may bind. */
  readonly maxStorageBuffers: number;
  /** Bytes that one storage binding may span. */
  readonly maxBindingBytes: number;
  /** Whether kernels can load and store f16. */
  readonly f16: boolean;
  /** Whether kernels can load and store 64-bit integers, and are faster for it. */
  readonly int64: boolean;
}
