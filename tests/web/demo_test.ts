import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { imageGrid } from "../../eval/image_sets/image_grid.ts";
import { sampleCheckpoint } from "../../eval/sample_checkpoint.ts";
import type { Settings } from "../../tasks/demo/settings.ts";
import { configOf } from "../../tasks/demo/worker/run_config.ts";
import {
  type Checkpoint,
  CHECKPOINT_FILES,
  loadCheckpoint,
  writeCheckpoint,
} from "../../train/checkpoints/checkpoint.ts";
import { shapes } from "../../train/data/shapes.ts";
import { trainLoop } from "../../train/train_loop.ts";
import { CHROMIUM } from "../browser/browser.ts";
import { openDevice } from "../device.ts";
import { runScript } from "../tasks/run_script.ts";
import { DemoPage } from "./demo_page.ts";

const SMALL: Settings = {
  scalelong: 3,
  kappa: 0.7,
  depth: 2,
  embed_dim: 32,
  batch_size: 8,
  n_steps: 12,
  save_interval: 12,
};

/** Trains the same in Deno. */
async function trainedHere(): Promise<{ losses: number[]; checkpoint: Checkpoint }> {
  using device = await openDevice();
  const config = configOf(SMALL);
  const losses: number[] = [];
  let checkpoint: Checkpoint | null = null;
  await trainLoop(device, config, shapes({ ...config.dataset, channels: 3, seed: config.seed }), {
    hooks: {
      onStep: ({ loss }) => losses.push(loss),
      onCheckpoint: (saved) => void (checkpoint = saved),
    },
  });
  return { losses, checkpoint: checkpoint! };
}

async function drawnHere(checkpoint: Checkpoint): Promise<Uint8Array> {
  using device = await openDevice();
  const drawing = { sampler: "dpm_solver_pp", n: 16, steps: 8, seed: 5, scale: 2, labels: [3] };
  const samples = await sampleCheckpoint(device, checkpoint, drawing);
  return imageGrid(samples.images, { ...samples, columns: 8 }).pixels;
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  equal(a.length, b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

/** Resolves when all files of a checkpoint are in a folder. */
async function downloaded(folder: string): Promise<void> {
  const isThere = () => {
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
    return CHECKPOINT_FILES.every((name) => names.includes(name));
  };
  while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 50));
}

Deno.test({
  name: CHROMIUM
    ? "the demo trains, saves, goes on and draws in Chromium as Deno does"
    : "the demo is not opened in a browser: no Chromium here",
  ignore: !CHROMIUM,
  async fn(t) {
    await using demo = await DemoPage.open();
    await demo.ready();
    const here = await trainedHere();
    await t.step(
      "its losses are Deno's at every step, and another tab does not disturb them",
      async () => {
        // The browser may be slow to open a tab while another trains.
        const other = await demo.anotherTab();
        await other.ready();
        await demo.train(SMALL);
        await demo.busy();
        await other.train(SMALL);
        await other.refused("Another tab of this page is busy with the saved runs");
        await demo.said("run-1 is trained and saved");
        const losses = await demo.losses("run-1");
        const difference = largestDifference(losses, here.losses);
        ok(difference < 1e-5, `${difference}`);
      },
    );
    await t.step("a run that was stopped and reloaded goes on bit for bit", async () => {
      await demo.train(SMALL, `!document.querySelector("#step").textContent.startsWith("0 ")`);
      await demo.said("run-2 stopped after");
      const stopped = (await demo.losses("run-2")).length;
      ok(stopped > 0 && stopped < SMALL.n_steps, `stopped after ${stopped} steps`);
      await demo.page.reload();
      await demo.ready();
      await demo.click("run-2", "Go on");
      await demo.said("run-2 is trained and saved");
      for (const name of [...CHECKPOINT_FILES, "losses.f32"]) {
        const [whole, resumed] = [await demo.file("run-1", name), await demo.file("run-2", name)];
        ok(whole.length > 0 && Buffer.from(whole).equals(resumed), `${name} differs`);
      }
    });
    await t.step("what it exports is a checkpoint for deno task sample", async () => {
      await demo.click("run-1", "Export");
      await demo.said("Exported run-1");
      await downloaded(demo.downloads);
      const checkpoint = await loadCheckpoint(demo.downloads);
      deepEqual([checkpoint.step, checkpoint.config], [SMALL.n_steps, configOf(SMALL)]);
      equal(checkpoint.data?.digest, here.checkpoint.data?.digest);
      const out = join(demo.downloads, "images");
      const { code, err } = await runScript(
        "sample.ts",
        `--checkpoint=${demo.downloads}`,
        ...["--n=2", "--steps=2", `--out=${out}`],
      );
      equal(code, 0, err);
      ok([...Deno.readDirSync(out)].some(({ name }) => name.endsWith(".png")));
    });
    await t.step("it opens a checkpoint of deno task train and draws its images", async () => {
      const folder = join(demo.downloads, "from_deno");
      await writeCheckpoint(folder, here.checkpoint);
      await demo.choose("import", CHECKPOINT_FILES.map((name) => join(folder, name)));
      await demo.said(`Opened as run-3, after ${SMALL.n_steps} steps`);
      const choice = { run: "run-3", label: "3", scale: 2, steps: 8, seed: 5 };
      const drawn = await demo.draw(choice);
      const difference = largestDifference(drawn, await drawnHere(here.checkpoint));
      ok(difference <= 1, `${difference} of 255`);
    });
    await t.step("it says what is wrong with other files", async () => {
      await demo.choose("import", [join(demo.downloads, CHECKPOINT_FILES[0])]);
      await demo.refused("nnet_ema.safetensors is missing");
    });
    await t.step("it says that the storage is full, and leaves nothing half saved", async () => {
      await demo.limitStorage(1000);
      const folder = join(demo.downloads, "from_deno");
      await demo.choose("import", CHECKPOINT_FILES.map((name) => join(folder, name)));
      await demo.refused("storage is full: run-4 is not saved");
      await demo.limitStorage(null);
      const names = await demo.page.evaluate(`(async () => {
        const root = await navigator.storage.getDirectory();
        return await Array.fromAsync((await root.getDirectoryHandle("runs")).keys());
      })()`);
      deepEqual((names as string[]).toSorted(), ["run-1", "run-2", "run-3"]);
    });
    await t.step("it deletes runs when asked twice", async () => {
      await demo.click("run-1", "Delete");
      await demo.click("run-1", "Delete");
      await demo.said("Deleted run-1");
      const runs = `[...document.querySelectorAll("#runs li")].map((li) => li.dataset.run)`;
      deepEqual(await demo.page.evaluate(runs), ["run-3", "run-2"]);
    });
    await t.step("nothing is wider than a telephone or a window", async () => {
      for (const width of [400, 1280]) {
        await demo.page.look({ width, height: 900 });
        equal(await demo.page.evaluate("document.documentElement.scrollWidth"), width);
      }
    });
    deepEqual(demo.page.complaints, []);
  },
});

Deno.test({
  name: CHROMIUM
    ? "the demo says what to do in a browser without WebGPU"
    : "the demo is not opened without WebGPU: no Chromium here",
  ignore: !CHROMIUM,
  async fn() {
    await using demo = await DemoPage.open([]);
    const advice = `document.querySelector("#no_webgpu:not([hidden])")?.innerText`;
    await demo.page.until(advice, 60);
    const text = await demo.page.evaluate<string>(advice);
    ok(text.includes("--enable-unsafe-webgpu"), text);
  },
});
