import { deepStrictEqual as deepEqual, match, ok, rejects } from "node:assert/strict";
import { constant, evaluate, input, mul, State, StateLayout } from "../../engine/mod.ts";
import { imageGrid } from "../../eval/image_sets/image_grid.ts";
import { Samples } from "../../eval/image_sets/samples.ts";
import { chart, show, table } from "../../notebook/mod.ts";
import { decodeImage } from "../../train/formats/image.ts";
import { openDevice } from "../device.ts";

const device = await openDevice();
Deno.test.afterAll(() => device[Symbol.dispose]());

type Bundle = Record<string, string>;

/** What a notebook shows of something. */
async function bundleOf(thing: unknown): Promise<Bundle> {
  const shown = thing as { [key: symbol]: () => Bundle | Promise<Bundle> };
  return await shown[Symbol.for("Jupyter.display")]();
}

/** The size of the image in HTML or in a bundle. */
async function imageSize({ "image/png": png, "text/html": html }: Bundle): Promise<number[]> {
  const base64 = png ?? html.match(/base64,([^"]+)/)![1];
  const { width, height } = await decodeImage(Uint8Array.fromBase64(base64), "shown");
  return [width, height];
}

const cells = (html: string) => [...html.matchAll(/<td>([^<]*)/g)].map(([, text]) => text);

Deno.test("a tensor computes itself and shows its elements, with their range", async () => {
  const x = constant([[1, -2], [0.5, 3]]);
  const { "text/plain": line, "text/html": html } = await bundleOf(mul(x, x));
  deepEqual([line, cells(html)], ["Tensor f32 [2, 2] of mul, 0.25 to 9", ["1", "4", "0.25", "9"]]);
  deepEqual(cells((await bundleOf(constant(Int32Array.of(7, -7))))["text/html"]), ["7", "-7"]);
  const large = await bundleOf(constant(new Float32Array(2 * 30 * 30).fill(1), [2, 30, 30]));
  deepEqual([cells(large["text/html"]).length, cells(large["text/html"])[10]], [11 * 11, ".."]);
  match(large["text/html"], /\[0, :, :\]/);
  match((await bundleOf(constant([NaN, 1])))["text/plain"], /1 to 1, 1 NaN or infinite$/);
});

Deno.test("a tensor of images is a grid; -1 is black, whatever the others are", async () => {
  const images = await bundleOf(constant(new Float32Array(4 * 3 * 8 * 8).fill(-1), [4, 3, 8, 8]));
  deepEqual(await imageSize(images), [2 * 66 + 2, 2 * 66 + 2]);
  const png = Uint8Array.fromBase64(images["text/html"].match(/base64,([^"]+)/)![1]);
  const { rgb, width } = await decodeImage(png, "shown");
  deepEqual([...rgb.subarray((3 * width + 3) * 3, (3 * width + 3) * 3 + 3)], [0, 0, 0]);
  // Beyond -1 to 1 the smallest value is black.
  const beyond = await bundleOf(constant([[[[5, 5], [5, 9]]]]));
  const shown = Uint8Array.fromBase64(beyond["text/html"].match(/base64,([^"]+)/)![1]);
  const pixels = (await decodeImage(shown, "shown")).rgb;
  deepEqual([pixels[(2 * 68 + 2) * 3], pixels[(65 * 68 + 65) * 3]], [0, 255]);
});

Deno.test("a tensor without values is a line that says why", async () => {
  const x = input("x", [2]);
  const unknown = await bundleOf(mul(x, x));
  match(unknown["text/plain"], /^Tensor f32 \[2\] of mul; its values hang on input "x"$/);
  const layout = new StateLayout({ a: [1] }, "state").tensor("a");
  match((await bundleOf(layout))["text/plain"], /a layout, without values$/);
});

Deno.test("a state shows its tensors, and a tensor of it is computed on its device", async () => {
  using state = new State(device, { "a.weight": [2, 3], b: [] }, "weights");
  state.write("b", Float32Array.of(4));
  const { "text/plain": line, "text/html": html } = await bundleOf(state);
  match(line, /^State "weights": 2 tensors, 7 numbers, .* on the device$/);
  deepEqual(cells(html), ["a.weight", "[2, 3]", "b", "[]"]);
  deepEqual(cells((await bundleOf(state.tensor("b")))["text/html"]), ["4"]);
});

Deno.test("a device says what it is, without the limits of WebGPU", async () => {
  const { "text/plain": line } = await bundleOf(device);
  match(line, /^Device .+, (a software adapter|\w+ GPU), .* in use$/);
  ok(line.length < 250);
});

Deno.test("grids and samples are images", async () => {
  const images = new Uint8Array(5 * 64);
  const grid = imageGrid(images, { channels: 1, image_size: 8 });
  deepEqual(await imageSize(await bundleOf(grid)), [3 * 66 + 2, 2 * 66 + 2]);
  const samples = new Samples({ images, labels: null, n: 5, channels: 1, image_size: 8 });
  deepEqual(await bundleOf(samples), await bundleOf(grid));
});

Deno.test("charts and tables need no style of a page", async () => {
  const { "text/html": html } = await bundleOf(chart({ "a<b": [1, null, 3] }, { label: "norm" }));
  match(html, /<svg.*norm.*a&lt;b/s);
  for (const [, after] of html.matchAll(/var\(([^)]*)\)/g)) match(after, /^--[\w-]+, .+$/);
  const shown = await bundleOf(table([{ a: 0.123456, b: "<" }, { a: 2 }]));
  deepEqual(cells(shown["text/html"]), ["0.1235", "&lt;", "2", ""]);
});

Deno.test("outside a notebook show() says so in a line", async () => {
  await rejects(
    show(constant(1)),
    /^NotebookError: this is no notebook: open one with Deno's kernel/,
  );
  deepEqual([...await evaluate(constant(1), {}, device)], [1]);
});
