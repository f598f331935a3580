import { compile, constant, type Device, matmul } from "../../engine/mod.ts";
import type { Repeatable } from "../../engine/testing/paired_times.ts";
import { uniform } from "./uniform.ts";

/** A product of two `[size, size]`: what other work is measured against. */
export interface PlainProduct extends Disposable {
  readonly size: number;
  readonly flops: number;
  readonly run: Repeatable;
}

/** Sizes that are large for the adapter. */
const SOFTWARE_SIZE = 1024;
const GPU_SIZE = 4096;

/** Compiles the product, as large as the adapter needs to be busy. */
export async function plainProduct(device: Device): Promise<PlainProduct> {
  const size = device.capabilities.adapterClass === "software" ? SOFTWARE_SIZE : GPU_SIZE;
  const a = constant(uniform(size * size, 1, 1001), [size, size]);
  const plan = await compile(device, { outputs: { y: matmul(a, a) } });
  return {
    size,
    flops: 2 * size ** 3,
    async run(times) {
      for (let i = 0; i < times; i++) plan.run();
      await device.idle();
    },
    [Symbol.dispose]: () => plan[Symbol.dispose](),
  };
}
