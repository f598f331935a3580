/** For so long after Stop a second press is harmless: people press it twice. */
const GRACE_MS = 2000;

/**
 * Runs what the notebook's Stop button is to end: the signal is aborted, and the kernel with its
 * variables lives on. Without it Stop ends Deno's kernel.
 *
 * Jupyter stops a kernel by SIGINT; on Windows it does not, and Stop is not heard there.
 *
 * @example
 * ```ts no-eval
 * import { Device, presets, shapes, TrainStep, trainSteps } from "@scalelong/scalelong";
 * import { stoppable } from "@scalelong/scalelong/notebook";
 *
 * const device = await Device.open();
 * const step = await TrainStep.create(device, presets.quickstart, { recordLength: 16 });
 * const dataset = shapes({ image_size: 12, n: 2048, seed: 0 });
 * await stoppable(async (signal) => {
 *   for await (const { loss } of trainSteps(step, dataset, { signal })) console.log(loss);
 * });
 * ```
 *
 * @returns what `run` returns
 * @category Notebooks
 */
export async function stoppable<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const hear = () => stop.abort();
  Deno.addSignalListener("SIGINT", hear);
  try {
    return await run(stop.signal);
  } finally {
    const remove = () => Deno.removeSignalListener("SIGINT", hear);
    if (stop.signal.aborted) setTimeout(remove, GRACE_MS);
    else remove();
  }
}
