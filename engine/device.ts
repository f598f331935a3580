import { UserError } from "./user_error.ts";
import { adapterClassOf, subgroupSizeOf, vendorOf } from "./adapter_kind.ts";
import type { AdapterClass, AdapterVendor, Capabilities } from "./capabilities.ts";
import { Tuning, type TuningMemory } from "./plan/tuning.ts";

/**
 * Thrown for device failures: no adapter found, a kernel rejected, the device lost.
 * @category Engine
 */
export class DeviceError extends UserError {
  /** The name of the class. */
  override name = "DeviceError";
}

/**
 * Options of {@linkcode Device.open}.
 * @category Engine
 */
export interface DeviceOptions {
  /**
   * Overrides the class of the adapter, so that the kernels of every class can be tested on one.
   */
  readonly adapterClass?: AdapterClass;
  /** Overrides the vendor, likewise. */
  readonly vendor?: AdapterVendor;
  /** Uses no subgroup operations. */
  readonly withoutSubgroups?: boolean;
  /** Uses no f16. */
  readonly withoutF16?: boolean;
  /** Uses no 64-bit integers. */
  readonly withoutInt64?: boolean;
  /** Binds tensors of at most so many bytes. */
  readonly maxBindingBytes?: number;
  /** Uses no timestamp queries. */
  readonly withoutTimestamps?: boolean;
  /**
   * Where there are several variants of a kernel, each is timed once on a GPU and the fastest is
   * remembered here. Without it the usual variants are taken, and nothing is timed.
   */
  readonly tuning?: TuningMemory;
  /**
   * Called with a description before each operation that may wait for the device: compiling a
   * kernel, submitting commands, reading back, finishing. Its result is disposed afterwards. A
   * driver may hang, and some hosts block the thread while they wait.
   */
  readonly onWait?: (what: string) => Disposable;
}

const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
] as const;

/**
 * A WebGPU device with the adapter's own limits, a cache of pipelines, and a count of the memory in
 * use. Errors that WebGPU reports asynchronously are thrown by the next call that uses the device.
 * @category Engine
 */
export class Device implements Disposable {
  /** The WebGPU device. */
  readonly gpu: GPUDevice;
  /** The adapter's vendor, architecture and so on. */
  readonly info: GPUAdapterInfo;
  /** What decides which kernels it runs. */
  readonly capabilities: Capabilities;
  /** The kernel variants chosen by timing; `null` where none are. */
  readonly tuning: Tuning | null;
  readonly #onWait: DeviceOptions["onWait"];
  /** The directives that every kernel begins with. */
  readonly #directives: string;
  #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  #fault: DeviceError | null = null;
  #lost = false;
  #disposed = false;
  #bytes = 0;
  #buffers = 0;

  private constructor(
    gpu: GPUDevice,
    info: GPUAdapterInfo,
    capabilities: Capabilities,
    tuning: Tuning | null,
    onWait: DeviceOptions["onWait"],
    directives: string,
  ) {
    this.gpu = gpu;
    this.info = info;
    this.capabilities = capabilities;
    this.tuning = tuning;
    this.#onWait = onWait;
    this.#directives = directives;
    gpu.addEventListener("uncapturederror", (event) => {
      event.preventDefault?.();
      const { error } = event as GPUUncapturedErrorEvent;
      this.#fault ??= new DeviceError(`the device refused a command: ${error.message}`);
    });
    gpu.lost.then((lost) => {
      if (!this.#disposed) {
        this.#lost = true;
        this.#fault = new DeviceError(`the device was lost: ${lost.message || lost.reason}`);
      }
    });
  }

  /**
   * Opens the best adapter. @throws {DeviceError} where there is none, with what to do about it.
   */
  static async open(options: DeviceOptions = {}): Promise<Device> {
    const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
    if (!adapter) {
      throw new DeviceError(
        "no WebGPU adapter was found: install a GPU's driver or, without a GPU, a software Vulkan driver",
      );
    }
    const requiredLimits: Record<string, number> = {};
    for (const name of LIMITS) requiredLimits[name] = adapter.limits[name];
    const optional = (["timestamp-query", "shader-f16"] as const).filter((f) =>
      adapter.features.has(f) && !(f === "timestamp-query" && options.withoutTimestamps)
    );
    const adapterClass = options.adapterClass ?? adapterClassOf(adapter.info);
    const subgroupSize = options.withoutSubgroups ? 0 : subgroupSizeOf(adapter.info);
    const subgroups = subgroupSize > 0 ? ["subgroups"] : [];
    const int64 = adapterClass === "software" && !options.withoutInt64 ? [INT64] : [];
    // Before the device, so that none is left open where it fails.
    const tuning = options.tuning ? await Tuning.open(adapter.info, options.tuning) : null;
    // Some adapters have these without listing them: requesting them is the only way to find out.
    const { gpu, unlisted } = await openFirst(
      adapter,
      withoutRepeats([[...subgroups, ...int64], subgroups, int64, []]),
      { requiredFeatures: [...optional], requiredLimits },
    );
    return new Device(
      gpu,
      adapter.info,
      {
        adapterClass,
        vendor: options.vendor ?? vendorOf(adapter.info),
        subgroupSize: unlisted.includes("subgroups") ? subgroupSize : 0,
        maxWorkgroupsPerDimension: gpu.limits.maxComputeWorkgroupsPerDimension,
        maxWorkgroupMemory: gpu.limits.maxComputeWorkgroupStorageSize,
        maxStorageBuffers: gpu.limits.maxStorageBuffersPerShaderStage,
        maxBindingBytes: Math.min(
          gpu.limits.maxStorageBufferBindingSize,
          options.maxBindingBytes ?? Infinity,
        ),
        f16: gpu.features.has("shader-f16") && !options.withoutF16,
        int64: unlisted.includes(INT64),
      },
      tuning,
      options.onWait,
      // Browsers list the feature and demand the directive; Deno does neither, and refuses it.
      adapter.features.has("subgroups") && unlisted.includes("subgroups")
        ? "enable subgroups;\n"
        : "",
    );
  }

  /** Bytes of the buffers that are allocated through this device. */
  get bufferBytes(): number {
    return this.#bytes;
  }

  /** Number of the buffers that are allocated through this device. */
  get bufferCount(): number {
    return this.#buffers;
  }

  /**
   * Creates a buffer of zeros.
   * @throws {DeviceError} where it is larger than the adapter allows.
   */
  createBuffer(bytes: number, usage: number, label: string): GPUBuffer {
    this.check();
    if (bytes > this.gpu.limits.maxBufferSize) {
      throw new DeviceError(
        `"${label}" needs ${bytes} bytes, more than the adapter's largest buffer (${this.gpu.limits.maxBufferSize})`,
      );
    }
    this.#bytes += bytes;
    this.#buffers++;
    return this.gpu.createBuffer({ size: bytes, usage, label });
  }

  /** Frees a buffer at once. */
  destroyBuffer(buffer: GPUBuffer): void {
    this.#bytes -= buffer.size;
    this.#buffers--;
    buffer.destroy();
  }

  /**
   * The pipeline of a kernel, compiled once per WGSL text.
   * @throws {DeviceError} where it does not compile, with the source
   */
  pipeline(code: string, label: string): Promise<GPUComputePipeline> {
    let pipeline = this.#pipelines.get(code);
    if (!pipeline) {
      pipeline = this.#compile(code, label);
      this.#pipelines.set(code, pipeline);
    }
    return pipeline;
  }

  async #compile(kernel: string, label: string): Promise<GPUComputePipeline> {
    const code = this.#directives + kernel;
    using _wait = this.#onWait?.(`compiling "${label}"`);
    this.gpu.pushErrorScope("validation");
    const module = this.gpu.createShaderModule({ code, label });
    const fault = await this.gpu.popErrorScope();
    try {
      if (fault) throw fault;
      return await this.gpu.createComputePipelineAsync({
        label,
        layout: "auto",
        compute: { module, entryPoint: "main" },
      });
    } catch (error) {
      const numbered = code.split("\n").map((line, i) => `${i + 1}: ${line}`).join("\n");
      throw new DeviceError(
        `kernel "${label}" does not compile: ${(error as Error).message}\n${numbered}`,
      );
    }
  }

  /** Submits commands. Some drivers block here until earlier ones are done. */
  submit(commands: GPUCommandBuffer): void {
    using _wait = this.#onWait?.("taking up more work");
    this.gpu.queue.submit([commands]);
  }

  /** Copies bytes of a buffer to the host; waits for the work submitted before. */
  async read(
    buffer: GPUBuffer,
    offset = 0,
    bytes: number = buffer.size - offset,
  ): Promise<ArrayBuffer> {
    this.check();
    const staging = this.createBuffer(
      bytes,
      GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
      "staging",
    );
    try {
      const encoder = this.gpu.createCommandEncoder();
      encoder.copyBufferToBuffer(buffer, offset, staging, 0, bytes);
      using _wait = this.#onWait?.(`reading "${buffer.label}"`);
      this.gpu.queue.submit([encoder.finish()]);
      await staging.mapAsync(GPUMapMode.READ);
      const copy = staging.getMappedRange().slice(0);
      staging.unmap();
      this.check();
      return copy;
    } catch (error) {
      this.check();
      throw error;
    } finally {
      this.destroyBuffer(staging);
    }
  }

  /** Maps a buffer for reading, until it is unmapped; waits for the work submitted before. */
  async map(buffer: GPUBuffer): Promise<ArrayBuffer> {
    using _wait = this.#onWait?.(`reading "${buffer.label}"`);
    try {
      await buffer.mapAsync(GPUMapMode.READ);
    } finally {
      // Of a lost device, which says more than that the mapping failed.
      this.check();
    }
    return buffer.getMappedRange();
  }

  /** Waits until all submitted work is done, and releases the host's copies of written data. */
  async idle(): Promise<void> {
    using _wait = this.#onWait?.("finishing the work submitted");
    // Written data stays in host memory until a submit.
    this.gpu.queue.submit([]);
    await this.gpu.queue.onSubmittedWorkDone();
    this.check();
  }

  /**
   * Throws the first error that was reported since the last call.
   * @throws {DeviceError} for such an error, or after loss or disposal
   */
  check(): void {
    if (this.#disposed) throw new DeviceError("the device was disposed");
    const fault = this.#fault;
    if (!this.#lost) this.#fault = null;
    if (fault) throw fault;
  }

  /** Frees the device and everything on it. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    this.gpu.destroy();
  }
}

/** Deno's name for the feature of 64-bit integers in kernels. */
const INT64 = "wgpu-shader-int64";

/** Opens a device with the first of some sets of unlisted features that the adapter grants. */
async function openFirst(
  adapter: GPUAdapter,
  [unlisted, ...others]: readonly (readonly string[])[],
  required: { requiredFeatures: GPUFeatureName[]; requiredLimits: Record<string, number> },
): Promise<{ gpu: GPUDevice; unlisted: readonly string[] }> {
  const requiredFeatures = [...required.requiredFeatures, ...unlisted as GPUFeatureName[]];
  try {
    return { gpu: await adapter.requestDevice({ ...required, requiredFeatures }), unlisted };
  } catch (error) {
    const again = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
    if (!again || others.length === 0) throw error;
    return openFirst(again, others, required);
  }
}

function withoutRepeats(lists: readonly string[][]): string[][] {
  return [...new Map(lists.map((list) => [list.join(), list])).values()];
}
