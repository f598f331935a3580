import assert from "node:assert/strict";
import { chooseDevice } from "../../../../tasks/cli/setup/choose_device.ts";
import { mayInstall } from "../../../../tasks/cli/setup/may_install.ts";
import type { VulkanDevice } from "../../../../tasks/cli/setup/vulkan_devices.ts";

const card = (name: string, pci: string | null): VulkanDevice => ({
  name,
  driver: "driver 1",
  pci,
  isSoftware: pci === null,
});
const devices = [card("A", "0000_01_00_0"), card("A", "0000_02_00_0"), card("CPU", null)];
const VARIABLES = ["DRI_PRIME", "VK_LOADER_DRIVERS_SELECT", "VK_LOADER_DRIVERS_DISABLE"];

/** Chooses a device where Vulkan heeds these variables, and gives those that are set then. */
function choice(number: number, heeds: readonly string[]): (string | undefined)[] {
  const before = VARIABLES.map((name) => Deno.env.get(name));
  for (const name of VARIABLES) Deno.env.delete(name);
  try {
    chooseDevice(number, () => {
      const prime = heeds.includes("DRI_PRIME") ? Deno.env.get("DRI_PRIME") : undefined;
      const chosen = devices.filter(({ pci }) => prime === `pci-${pci}!`);
      if (chosen.length > 0) return chosen;
      const select = heeds.includes("VK_LOADER_DRIVERS_SELECT") &&
        Deno.env.has("VK_LOADER_DRIVERS_SELECT");
      return select ? devices.slice(2) : devices;
    });
    return VARIABLES.map((name) => Deno.env.get(name));
  } finally {
    for (const [i, name] of VARIABLES.entries()) {
      if (before[i] === undefined) Deno.env.delete(name);
      else Deno.env.set(name, before[i]);
    }
  }
}

Deno.test("chooseDevice() makes one of several the only one, cards of one name too", () => {
  assert.deepEqual(choice(1, VARIABLES), ["pci-0000_02_00_0!", undefined, undefined]);
  assert.deepEqual(choice(2, VARIABLES), [undefined, "*lvp*", undefined]);
});

Deno.test("chooseDevice() refuses a number that is none, and says what to install", () => {
  assert.throws(
    () => choice(3, VARIABLES),
    /--device=3: there is no such device; there is 0 \(A\)/,
  );
  assert.throws(() => choice(0, []), /--device=0 \(A\): Vulkan .* mesa-vulkan-drivers/);
  assert.throws(() => chooseDevice(0, () => []), /--device=0: /);
});

Deno.test("mayInstall() asks where there is a terminal, unless --yes or CI answers", () => {
  const bare = { yes: false, ci: false, terminal: false, container: false };
  assert.equal(mayInstall({ ...bare, terminal: true, container: true }), "ask");
  assert.equal(mayInstall({ ...bare, terminal: true, yes: true }), "install");
  assert.equal(mayInstall({ ...bare, terminal: true, ci: true }), "install");
  assert.equal(mayInstall({ ...bare, container: true }), "install");
  assert.equal(mayInstall(bare), "refuse");
});

/** What WebGPU takes where Mesa also lists a card that is not there. */
async function described(...args: string[]): Promise<string> {
  const setup = import.meta.resolve("../../../../tasks/cli/setup/ensure_adapter.ts");
  const program = `import { ensureAdapter } from "${setup}";
    await ensureAdapter();
    console.log((await navigator.gpu.requestAdapter({ powerPreference: "high-performance" })).info.description);`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `data:text/javascript,${encodeURIComponent(program)}`, ...args],
    env: { RADV_FORCE_FAMILY: "navi31" },
  }).output();
  return new TextDecoder().decode(stdout);
}

const ignore = !/RADV/.test(await described());

Deno.test({
  name: "--device decides which card WebGPU takes",
  ignore,
  async fn() {
    assert.match(await described("--device=0"), /RADV/);
    assert.match(await described("--device=1"), /llvmpipe/);
    assert.equal(await described("--device=2"), "");
  },
});
