import type { Device } from "../../../engine/mod.ts";
import type { AdapterFacts } from "../messages.ts";

/** What the page shows of the adapter. */
export function adapterFacts({ info, capabilities }: Device): AdapterFacts {
  const { vendor, architecture, description } = info;
  const { adapterClass, subgroupSize, f16, maxBindingBytes, maxStorageBuffers } = capabilities;
  const words = [vendor, architecture, description].filter((word) => word !== "");
  return {
    name: words.join(", ") || "not named by the browser",
    kernels: KERNELS[adapterClass],
    features: [
      ["Subgroups", subgroupSize > 0 ? `of ${subgroupSize}` : "not used"],
      ["16-bit floats", f16 ? "yes" : "no"],
      ["Largest tensor", `${Math.round(maxBindingBytes / 2 ** 20)} MiB`],
      ["Tensors per kernel", `${maxStorageBuffers}`],
    ],
  };
}

const KERNELS = {
  software: "software, so slow",
  integrated: "integrated GPU",
  discrete: "discrete GPU",
} as const;
