import assert from "node:assert/strict";
import type { AdapterClass } from "../../../engine/capabilities.ts";
import { grad } from "../../../engine/grad.ts";
import { type Layout, layOut } from "../../../engine/plan/layout.ts";
import { input } from "../../../engine/leaves.ts";
import { attention } from "../../../engine/ops/attention.ts";
import { mean } from "../../../engine/ops/sum.ts";
import { openDevice } from "../../device.ts";

const [BATCH, TOKENS, HEADS] = [2, 50, 3];

async function layoutOn(adapterClass: AdapterClass, width: number): Promise<Layout> {
  using device = await openDevice({ adapterClass });
  const qkv = input("qkv", [BATCH, TOKENS, 3 * HEADS * width]);
  const [dqkv] = grad(mean(attention(qkv, { heads: HEADS, scale: width ** -0.5 })), [qkv]);
  return layOut(device.capabilities, { outputs: { dqkv } });
}

const largest = ({ dispatches }: Layout): number =>
  Math.max(...dispatches.flatMap(({ bindings }) => bindings.map(({ ref }) => ref.size)));

Deno.test("attention on a GPU stores no matrix of probabilities, for widths 4 to 128", async () => {
  for (const width of [4, 16, 128]) {
    const layout = await layoutOn("discrete", width);
    assert.equal(largest(layout), BATCH * TOKENS * 3 * HEADS * width);
    assert.ok(layout.dispatches.some(({ label }) => label === "flash_attention"));
  }
});

Deno.test("attention stores the matrix on software adapters and for widths without flash attention", async () => {
  for (const [adapterClass, width] of [["software", 4], ["discrete", 3]] as const) {
    const { dispatches } = await layoutOn(adapterClass, width);
    const sizes = dispatches.flatMap(({ bindings }) => bindings.map(({ ref }) => ref.size));
    assert.ok(sizes.includes(BATCH * HEADS * TOKENS * TOKENS));
  }
});

Deno.test("attention on a GPU counts the pairs of a causal mask alone, and stores none apart", async () => {
  using device = await openDevice({ adapterClass: "discrete" });
  const flops = (causal: boolean) => {
    const [q, k, v] = ["q", "k", "v"].map((name) => input(name, [BATCH, TOKENS, HEADS * 16]));
    const loss = mean(attention({ q, k, v }, { heads: HEADS, scale: 0.25, causal }));
    const gradients = grad(loss, [q, k, v]);
    const layout = layOut(device.capabilities, {
      outputs: Object.fromEntries(gradients.entries()),
    });
    assert.equal(largest(layout), BATCH * TOKENS * HEADS * 16);
    return layout.dispatches.filter(({ label }) => label.startsWith("flash"))
      .reduce((sum, { flops }) => sum + flops, 0);
  };
  const products = 2 * BATCH * HEADS * 16 * (2 + 3 + 3 + 2);
  assert.equal(flops(false), products * TOKENS ** 2);
  assert.equal(flops(true), products * TOKENS * (TOKENS + 1) / 2);
});
