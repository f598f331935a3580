import type { AdapterClass } from "../../engine/capabilities.ts";
import type { Device } from "../../engine/device.ts";
import { vulkanDevices } from "../cli/setup/vulkan_devices.ts";

/** What this machine offers to WebGPU. */
export interface AdapterReport {
  /** Deno and the machine. */
  system: { deno: string; v8: string; typescript: string; os: string; cores: number };
  /** The adapter that training would use. */
  adapter: {
    vendor: string;
    architecture: string;
    description: string;
    /** The class that the engine selects its kernels by. */
    class: AdapterClass;
    /** Whether it is a software adapter. */
    isFallback: boolean;
    /** The Vulkan driver with its version; `unknown` where Vulkan is not used. */
    driver: string;
    /** The value of `DENO_WEBGPU_BACKEND`, or `automatic`. */
    backend: string;
    /** Number of matrix products whose fastest kernel is in the tuning file. */
    timedProducts: number;
  };
  /** The limits that decide which kernels fit; sizes in bytes. */
  limits: Record<string, number>;
  /** The features that kernels and timings use, and whether the device has them. */
  features: Record<string, boolean>;
  /** The smallest and the largest number of invocations in a subgroup. */
  subgroupSize: [number, number];
}

const limitNames = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupsPerDimension",
] as const satisfies readonly (keyof GPUSupportedLimits)[];

const featureNames = ["shader-f16", "timestamp-query", "subgroups"] as const;

/** Describes the adapter of an open device, and the machine. */
export function adapterReport(
  { gpu, info, capabilities }: Device,
  timedProducts: number,
): AdapterReport {
  const driver = vulkanDevices().find(({ name }) => name === info.description)?.driver;
  return {
    system: {
      deno: Deno.version.deno,
      v8: Deno.version.v8,
      typescript: Deno.version.typescript,
      os: `${Deno.build.os} ${Deno.osRelease()} ${Deno.build.arch}`,
      cores: navigator.hardwareConcurrency,
    },
    adapter: {
      vendor: info.vendor,
      architecture: info.architecture,
      description: info.description,
      class: capabilities.adapterClass,
      isFallback: info.isFallbackAdapter,
      driver: driver ?? "unknown",
      backend: Deno.env.get("DENO_WEBGPU_BACKEND") ?? "automatic",
      timedProducts,
    },
    limits: Object.fromEntries(limitNames.map((name) => [name, gpu.limits[name]])),
    features: {
      ...Object.fromEntries(featureNames.map((name) => [name, gpu.features.has(name)])),
      "wgpu-shader-int64": capabilities.int64,
    },
    subgroupSize: [info.subgroupMinSize, info.subgroupMaxSize],
  };
}
