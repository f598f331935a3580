/** What every rank of a job does in processes_test.ts; rank 0 prints what all found. */
import type { ImageBatch } from "../../eval/image_sets/image_set.ts";
import { sharedImages } from "../../eval/image_sets/shared_images.ts";
import { cachedFeatures, type Extract } from "../../eval/metrics/inception/feature_cache.ts";
import { sharedExtract } from "../../eval/metrics/inception/shared_extract.ts";
import { launcherOf } from "../../train/collective/launcher.ts";
import { MpiCollective } from "../../train/collective/mpi_collective.ts";

const [folder] = Deno.args;
const collective = MpiCollective.join(launcherOf((name) => Deno.env.get(name))!, null);
const { rank } = collective;

/** Seven images of 2 x 2; all values of image i are i. Only rank 0 may read them. */
async function* batches(): AsyncGenerator<ImageBatch> {
  if (rank > 0) throw new Error("read elsewhere");
  for (let i = 0; i < 7; i++) {
    yield { images: new Uint8Array(12).fill(i), n: 1, height: 2, width: 2 };
  }
}

let extracted = 0;
/** The sum of an image, and 100 less it. */
const sums: Extract = ({ images, n }) => {
  extracted += n;
  const pool = new Float32Array(n);
  for (let at = 0; at < images.length; at++) pool[Math.floor(at / 12)] += images[at];
  return Promise.resolve({ pool, logits: pool.map((sum) => 100 - sum) });
};
const extract = cachedFeatures(sharedExtract(sums, collective), {
  folder,
  variant: "sums",
  logits: true,
  collective,
});
const set = sharedImages({ name: "seven", n: 7, batches }, collective);
const seen: { sums: number[]; logits: number[] }[] = [];
for (let time = 0; time < 2; time++) {
  for await (const batch of set.batches()) {
    const { pool, logits } = await extract(batch);
    seen.push({ sums: [...pool], logits: [...logits ?? []] });
  }
}
const [first, second] = seen;
// The second time all is cached: rank 0 reads the same, the others nothing.
const isRead = JSON.stringify(second) ===
  JSON.stringify(rank === 0 ? first : { sums: [], logits: [] });
const found = { ...isRead ? first : second, extracted };
const all = await collective.gather(new TextEncoder().encode(JSON.stringify(found)));
if (rank === 0) {
  console.log(JSON.stringify(all.map((bytes) => JSON.parse(new TextDecoder().decode(bytes)))));
}
await collective.leave();
