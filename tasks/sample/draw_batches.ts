import type { Device } from "../../engine/mod.ts";
import { sharedSampler } from "../../eval/execution/shared_sampler.ts";
import type { ConditionsOf } from "../../eval/image_sets/drawn_conditions.ts";
import { mustBeFinite } from "../../eval/not_finite_error.ts";
import type { Recipe } from "../../eval/sample_recipe.ts";
import { Sampler } from "../../eval/sampler.ts";
import { chooseMethod } from "../../eval/samplers/choose_method.ts";
import { trainedNetwork } from "../../eval/trained_network.ts";
import type { Weights } from "../../train/checkpoints/find_weights.ts";
import { bytesOf, floatsOf } from "../../train/collective/bytes_of.ts";
import type { Collective } from "../../train/collective/collective.ts";
import { loadWeights } from "../../train/checkpoints/open_checkpoint.ts";
import { processOf } from "../../train/diffusion/process.ts";

/** What a network draws, and what becomes of it. */
export interface BatchOptions {
  readonly weights: Weights;
  readonly recipe: Recipe;
  /** Indices of the images to draw, in order. */
  readonly numbers: readonly number[];
  /** Images drawn at once, at most. */
  readonly batch_size: number;
  /** What they are drawn with. */
  readonly conditions: ConditionsOf;
  /** Called with each image's values, `[C, H, W]`. */
  readonly take: (i: number, values: Float32Array<ArrayBuffer>) => Promise<void>;
  /** Called at `moments` moments of the first batch with its values, noise and result included. */
  readonly strip: { readonly moments: number; take(values: Float32Array): void } | null;
  /** Called with the images drawn, fractions included, and their total. */
  readonly onProgress: (done: number, total: number) => void;
  /** The processes that draw a batch each in turn; rank 0 alone takes what all draw. */
  readonly collective: Collective;
}

/**
 * Draws images, or latents, batch by batch; the network is on the device only meanwhile.
 *
 * @throws {NotFiniteError} where an image has a value that is not finite; it is not taken
 */
export async function drawBatches(device: Device, options: BatchOptions): Promise<void> {
  const { weights, recipe, numbers, batch_size, conditions, take, strip, onProgress } = options;
  const { collective, collective: { rank, size: ranks } } = options;
  if (numbers.length === 0) return;
  const { nnet, process } = weights.config;
  const { schedule } = processOf(process);
  const size = nnet.in_chans * nnet.img_size ** 2;
  // As few batches as fit, and these alike.
  const most = Math.ceil(numbers.length / Math.ceil(numbers.length / batch_size));

  using state = await loadWeights(device, weights);
  const machine = await sharedSampler(device.capabilities, {
    shape: [most, nnet.in_chans, nnet.img_size, nnet.img_size],
    network: trainedNetwork(state, weights.config),
    schedule,
    method: chooseMethod(schedule, recipe.sampler),
    guidance: recipe.guidance,
    limit: recipe.limit,
  }, collective);
  const [n] = machine.shape;
  using sampler = new Sampler(device, machine);
  const batches = inBatches(numbers, n);
  for (let done = 0, at = 0; at < batches.length; at += ranks) {
    const round = batches.slice(at, at + ranks);
    const drawn = round.reduce((sum, { length }) => sum + length, 0);
    let moments = 0;
    const draw = async ([first]: readonly number[]) => {
      const start = { seed: recipe.seed, first, ...await conditions(first, n) };
      return await sampler.sample(start, async (fraction, images) => {
        onProgress(done + fraction * drawn, numbers.length);
        if (strip && first === numbers[0] && fraction * (strip.moments - 1) >= moments) {
          moments++;
          strip.take(await images());
        }
      });
    };
    const own = rank < round.length ? await draw(round[rank]) : new Float32Array();
    const all = await collective.gather(bytesOf(own));
    if (rank > 0) continue;
    for (const [from, batch] of round.entries()) {
      const x = floatsOf(all[from]);
      for (const i of batch) {
        const values = x.slice((i - batch[0]) * size, (i - batch[0] + 1) * size);
        mustBeFinite(values, i);
        await take(i, values);
      }
    }
    done += drawn;
  }
}

/** Numbers in groups that a batch of `n` from their first on holds. */
function inBatches(numbers: readonly number[], n: number): number[][] {
  const batches: number[][] = [];
  for (let done = 0; done < numbers.length;) {
    const batch = numbers.slice(done, done + n).filter((i) => i < numbers[done] + n);
    batches.push(batch);
    done += batch.length;
  }
  return batches;
}
