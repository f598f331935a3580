// In the imports of deno.json every command would download it.
// deno-lint-ignore-file no-import-prefix
import {
  type Array as JaxArray,
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  nn,
  numpy,
  tree,
  valueAndGrad,
} from "npm:@jax-js/jax@0.1.25";
import { BLOCK, BLOCK_NAMES, BLOCK_SHAPES, type BlockData, type BlockName } from "./block.ts";
import type { Library, Runner } from "./library.ts";

type Parameters = Record<BlockName, JaxArray>;

/**
 * jax-js on one of its devices, every job under its `jit`.
 *
 * @throws {Error} where it cannot open the device
 */
export async function jaxJs(device: "webgpu" | "wasm"): Promise<Library> {
  if (!(await init(device)).includes(device)) {
    throw new Error(`jax-js finds no ${device} device here; leave it out of --peers`);
  }
  const put = (data: Float32Array, shape: readonly number[]): JaxArray =>
    numpy.array(data as Float32Array<ArrayBuffer>, { shape: [...shape], device });

  const start = (held: JaxArray[], call: () => JaxArray[], read: number): Runner => ({
    dispatches: null,
    async run(times) {
      defaultDevice(device);
      const results = Array.from({ length: times }, call).flat();
      await blockUntilReady(results);
      for (const result of results) result.dispose();
    },
    async result() {
      defaultDevice(device);
      const results = call();
      const data = await results[read].ref.data() as Float32Array;
      for (const result of results) result.dispose();
      return data;
    },
    [Symbol.dispose]() {
      for (const array of held) array.dispose();
    },
  });

  return {
    name: `jax-js ${device}`,
    async matmul(aData, bData, n) {
      const [a, b] = await blockUntilReady([put(aData, [n, n]), put(bData, [n, n])]);
      const f = jit((a: JaxArray, b: JaxArray): JaxArray => numpy.matmul(a, b));
      return start([a, b], () => [f(a.ref, b.ref)], 0);
    },
    async softmax(data, columns) {
      const x = await blockUntilReady(put(data, [data.length / columns, columns]));
      const f = jit((x: JaxArray): JaxArray => nn.softmax(x, -1));
      return start([x], () => [f(x.ref)], 0);
    },
    async layerNorm(data, weightData, biasData) {
      const columns = weightData.length;
      const [x, weight, bias] = await blockUntilReady([
        put(data, [data.length / columns, columns]),
        put(weightData, [columns]),
        put(biasData, [columns]),
      ]);
      const f = jit(norm);
      return start([x, weight, bias], () => [f(x.ref, weight.ref, bias.ref)], 0);
    },
    async block(data) {
      const p = Object.fromEntries(
        BLOCK_NAMES.map((name) => [name, put(...transposed(name, data))]),
      ) as Parameters;
      const { batch, tokens, width } = BLOCK;
      const x = put(data.x, [batch, tokens, width]);
      await blockUntilReady([x, ...Object.values(p)]);
      const f = jit(valueAndGrad(blockLoss));
      const call = (): JaxArray[] => {
        const [loss, grads] = f(tree.ref(p), x.ref) as [JaxArray, Parameters];
        return [loss, ...BLOCK_NAMES.map((name) => grads[name])];
      };
      return start([x, ...Object.values(p)], call, 1 + BLOCK_NAMES.indexOf("norm1.bias"));
    },
  };
}

function norm(x: JaxArray, weight: JaxArray, bias: JaxArray): JaxArray {
  return nn.standardize(x, -1).mul(weight).add(bias);
}

/** The mean of squares of the block's output; weights are `[in, out]`, as is usual in JAX. */
function blockLoss(p: Parameters, x: JaxArray): JaxArray {
  const { batch, tokens, width, heads } = BLOCK;
  const normed = norm(x.ref, p["norm1.weight"], p["norm1.bias"]);
  const qkv = numpy.matmul(normed, p["qkv.weight"]).add(p["qkv.bias"])
    .reshape([batch, tokens, 3, heads, width / heads]);
  const [q, k, v] = numpy.split(qkv, 3, 2).map((t) =>
    t.reshape([batch, tokens, heads, width / heads])
  );
  const attended = nn.dotProductAttention(q, k, v).reshape([batch, tokens, width]);
  const middle = x.add(numpy.matmul(attended, p["proj.weight"]).add(p["proj.bias"]));
  const again = norm(middle.ref, p["norm2.weight"], p["norm2.bias"]);
  const hidden = nn.gelu(numpy.matmul(again, p["fc1.weight"]).add(p["fc1.bias"]), {
    approximate: false,
  });
  const out = middle.add(numpy.matmul(hidden, p["fc2.weight"]).add(p["fc2.bias"]));
  return numpy.square(out).mean();
}

function transposed(name: BlockName, data: BlockData): [Float32Array, number[]] {
  const values = data.parameters[name];
  const [out, fanIn] = BLOCK_SHAPES[name];
  if (fanIn === undefined) return [values, [out]];
  const swapped = values.map((_, i) => values[(i % out) * fanIn + Math.floor(i / out)]);
  return [swapped, [fanIn, out]];
}
