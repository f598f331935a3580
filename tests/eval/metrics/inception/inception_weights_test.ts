import {
  deepStrictEqual as deepEqual,
  ok,
  rejects,
  strictEqual as equal,
} from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { findInceptionWeights } from "../../../../eval/metrics/inception/inception_weights.ts";
import { foldBatchNorm, inceptionStateShapes } from "../../../../nets/inception.ts";
import { encodePth, type PthValue } from "../../../../train/formats/pth.ts";
import { encodeSafetensors } from "../../../../train/formats/safetensors.ts";
import type { StoredTensor } from "../../../../train/formats/stored_tensor.ts";
import { formulaInception } from "../../../nets/formula_inception.ts";

const FILE = "pt_inception-2015-12-05-6726825d.pth";
const state = formulaInception();
const tensors = Object.fromEntries(
  Object.entries(inceptionStateShapes()).map(([name, shape]): [string, StoredTensor] => [
    name,
    { dtype: "F32", shape: [...shape], data: state[name] },
  ]),
);
const counter: StoredTensor = { dtype: "I64", shape: [], data: BigInt64Array.of(7n) };
const pth = encodePth(
  new Map<string, PthValue>([
    ["Conv2d_1a_3x3.bn.num_batches_tracked", counter],
    ...Object.entries(tensors),
  ]),
);
const sha256 = createHash("sha256").update(pth).digest("hex");

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("findInceptionWeights() reads a .pth and its copy in safetensors, and hashes the file", async () => {
  await inFolder(async (folder) => {
    const folded = foldBatchNorm(state);
    const files = { "a.pth": pth, "a.safetensors": encodeSafetensors(tensors) };
    for (const [name, bytes] of Object.entries(files)) {
      const path = join(folder, name);
      await Deno.writeFile(path, bytes);
      const found = await findInceptionWeights({ path });
      equal(found.sha256, createHash("sha256").update(bytes).digest("hex"));
      equal(found.file, path);
      deepEqual(Object.keys(found.parameters), Object.keys(folded));
      for (
        const key of ["Mixed_6c.branch7x7_2.conv.weight", "Mixed_7c.branch1x1.conv.bias", "fc.bias"]
      ) {
        deepEqual([...found.parameters[key]], [...folded[key]], key);
      }
    }
  });
});

Deno.test("findInceptionWeights() downloads the published file once, and checks its hash", async () => {
  await inFolder(async (cache) => {
    let asked = 0;
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
      asked++;
      return new Response(pth);
    });
    const url = `http://127.0.0.1:${server.addr.port}/${FILE}`;
    let done = 0;
    const find = (hex: string) =>
      findInceptionWeights({
        origin: { url, sha256: hex, cache },
        onProgress: (progress) => done = progress.done,
      });
    for (const other of ["6726825d", sha256.slice(0, 8)]) {
      await rejects(find(other), {
        name: "InceptionWeightsError",
        message: new RegExp(
          `^no weights for Inception: cannot download .*${FILE} .*SHA-256 sum is ${sha256} ` +
            `instead of ${other}; .*SHA-256 ${other}.*give path=FILE`,
        ),
      });
    }
    equal((await find(sha256)).sha256, sha256);
    equal(done, pth.length);
    equal(asked, 3);
    await server.shutdown();
    equal((await find(sha256)).file, join(cache, FILE));

    await Deno.writeFile(join(cache, FILE), pth.subarray(1));
    await rejects(find(sha256), {
      name: "InceptionWeightsError",
      message: /is damaged .*: remove it/,
    });
  });
});

Deno.test("findInceptionWeights() explains in one line why it rejects a file", async () => {
  await inFolder(async (folder) => {
    const refuses = async (name: string, bytes: Uint8Array, message: RegExp) => {
      const path = join(folder, name);
      await Deno.writeFile(path, bytes);
      await rejects(findInceptionWeights({ path }), (error: Error) => {
        equal(error.name, "InceptionWeightsError");
        ok(error.message.startsWith(path) && message.test(error.message), error.message);
        ok(!error.message.includes("\n"));
        return true;
      });
    };
    const other = { "fc.bias": tensors["fc.bias"] };
    await refuses("other.safetensors", encodeSafetensors(other), /has no "Conv2d_1a_3x3/);
    const torchvision: StoredTensor = {
      dtype: "F32",
      shape: [1000, 2048],
      data: new Float32Array(2_048_000),
    };
    await refuses(
      "torchvision.safetensors",
      encodeSafetensors({ ...tensors, "fc.weight": torchvision }),
      /has "fc\.weight" as \[1000, 2048\], not \[1008, 2048\]; pt_inception/,
    );
    await refuses("broken.pth", pth.subarray(0, 999), /cannot be read as a PyTorch file/);
    await refuses("broken.safetensors", pth.subarray(0, 999), /not a valid safetensors file/);
    await refuses("list.pth", encodePth([1, 2]), /has no "Conv2d/);
    await rejects(findInceptionWeights({ path: join(folder, "none.pth") }), {
      name: "InceptionWeightsError",
      message: /^cannot read Inception's weights from .*none\.pth/,
    });
  });
});
