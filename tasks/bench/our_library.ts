import {
  add,
  attention,
  compile,
  constant,
  type Device,
  gelu,
  grad,
  layerNorm,
  linear,
  matmul,
  mean,
  softmax,
  square,
  type Tensor,
} from "../../engine/mod.ts";
import { BLOCK, BLOCK_NAMES, BLOCK_SHAPES, type BlockData, type BlockName } from "./block.ts";
import type { Library, Runner } from "./library.ts";

/** This project's engine on a device: each job is a plan, each run one submit. */
export function ourLibrary(device: Device): Library {
  const start = async (outputs: Record<string, Tensor>, read: string): Promise<Runner> => {
    const plan = await compile(device, { outputs });
    return {
      dispatches: plan.steps.length,
      async run(times) {
        for (let i = 0; i < times; i++) plan.run();
        await device.idle();
      },
      result() {
        plan.run();
        return plan.read(read);
      },
      [Symbol.dispose]: () => plan[Symbol.dispose](),
    };
  };
  return {
    name: "ScaleLong",
    matmul(a, b, n) {
      return start({ y: matmul(constant(a, [n, n]), constant(b, [n, n])) }, "y");
    },
    softmax(x, columns) {
      return start({ y: softmax(constant(x, [x.length / columns, columns])) }, "y");
    },
    layerNorm(x, weight, bias) {
      const columns = weight.length;
      const affine = { weight: constant(weight), bias: constant(bias) };
      return start({ y: layerNorm(constant(x, [x.length / columns, columns]), affine) }, "y");
    },
    block: (data) => start(blockGraph(data), "norm1.bias"),
  };
}

/** The graph of the block's loss, as `loss`, and of its gradients, by the parameters' names. */
export function blockGraph(data: BlockData): Record<string, Tensor> {
  const p = Object.fromEntries(
    BLOCK_NAMES.map((name) => [name, constant(data.parameters[name], BLOCK_SHAPES[name])]),
  ) as Record<BlockName, Tensor>;
  const { batch, tokens, width, heads } = BLOCK;
  const x = constant(data.x, [batch, tokens, width]);
  const normed = layerNorm(x, { weight: p["norm1.weight"], bias: p["norm1.bias"] });
  const qkv = linear(normed, p["qkv.weight"], p["qkv.bias"]);
  const attended = attention(qkv, { heads, scale: (width / heads) ** -0.5 });
  const middle = add(x, linear(attended, p["proj.weight"], p["proj.bias"]));
  const again = layerNorm(middle, { weight: p["norm2.weight"], bias: p["norm2.bias"] });
  const hidden = gelu(linear(again, p["fc1.weight"], p["fc1.bias"]));
  const loss = mean(square(add(middle, linear(hidden, p["fc2.weight"], p["fc2.bias"]))));
  const grads = grad(loss, BLOCK_NAMES.map((name) => p[name]));
  return { loss, ...Object.fromEntries(BLOCK_NAMES.map((name, i) => [name, grads[i]])) };
}
