import type { Device } from "../device.ts";
import { OutOfMemoryError, Plan } from "./plan.ts";
import type { Trial } from "./trial.ts";

/**
 * Milliseconds of a trial: of its best repetition but the first on the device's clock or, without
 * timestamp queries, of one on average on the host's; `null` where memory does not suffice.
 */
export async function timeTrial(
  device: Device,
  { layout, length }: Trial,
): Promise<number | null> {
  using trial = await Plan.build(device, layout).catch((error: unknown) => {
    if (error instanceof OutOfMemoryError) return null;
    throw error;
  });
  if (!trial) return null;
  if (!device.gpu.features.has("timestamp-query")) {
    trial.run();
    await device.idle();
    const start = performance.now();
    trial.run();
    await device.idle();
    return (performance.now() - start) * length / layout.dispatches.length;
  }
  const times = await trial.profile();
  let best = Infinity;
  for (let i = length; i < times.length; i += length) {
    const repetition = times.slice(i, i + length).reduce((sum, t) => sum + t.milliseconds, 0);
    best = Math.min(best, repetition);
  }
  return best;
}
