import type { AdapterClass, AdapterVendor } from "./capabilities.ts";

/** PCI's numbers of vendors, which Deno gives, beside the names that browsers give. */
const VENDORS: readonly (readonly [AdapterVendor, RegExp])[] = [
  ["amd", /\b(amd|4098|radeon)\b/],
  ["apple", /\b(apple|4203)\b/],
  ["intel", /\b(intel|32902)\b/],
  ["nvidia", /\b(nvidia|4318|geforce)\b/],
];

/** Who made an adapter. */
export function vendorOf(info: GPUAdapterInfo): AdapterVendor {
  const text = textOf(info);
  return VENDORS.find(([, name]) => name.test(text))?.[0] ?? "other";
}

/** What kind of adapter it is, by what it says of itself. */
export function adapterClassOf(info: GPUAdapterInfo): AdapterClass {
  const text = textOf(info);
  if (info.isFallbackAdapter || /llvmpipe|swiftshader|warp|basic render/.test(text)) {
    return "software";
  }
  return /nvidia|4318|geforce|rtx|radeon rx|radeon pro|instinct|arc a|arc b/.test(text)
    ? "discrete"
    : "integrated";
}

/**
 * Invocations of every subgroup; 0 where kernels differ, as AMD's (32 or 64) and Intel's (8 to 32) do:
 * a driver decides it by kernel, so that rows go by workgroup.
 */
export function subgroupSizeOf(
  { subgroupMinSize: min, subgroupMaxSize: max }: Pick<
    GPUAdapterInfo,
    "subgroupMinSize" | "subgroupMaxSize"
  >,
): number {
  return min === max ? min : 0;
}

function textOf({ vendor, architecture, device, description }: GPUAdapterInfo): string {
  return `${vendor} ${architecture} ${device} ${description}`.toLowerCase();
}
