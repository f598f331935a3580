import assert from "node:assert/strict";
import { machineFlags } from "../../../tasks/cli/machine_flags.ts";

Deno.test("machineFlags() takes device and consent out of a command line", () => {
  const args = ["--lr=1", "--device", "2", "--yes", "x"];
  assert.deepEqual(machineFlags(args), { device: 2, yes: true, rest: ["--lr=1", "x"] });
  assert.deepEqual(machineFlags(["--device=0"]), { device: 0, yes: false, rest: [] });
  assert.throws(() => machineFlags(["--device=0", "--device=1"]), /is given twice, 0 and 1; leave/);
});

Deno.test("machineFlags() leaves other arguments as they are, whatever the command makes of them", () => {
  const rest = ["-h", "--devices=1", "--n-steps", "3", "--no-such", "--yess", "--", "a=b"];
  assert.deepEqual(machineFlags(["--yes", ...rest]), { device: null, yes: true, rest });
});

Deno.test("machineFlags() refuses a device that is not a number, and says where numbers are", () => {
  for (const wrong of [["--device=a"], ["--device=-1"], ["--device="]]) {
    assert.throws(
      () => machineFlags(wrong),
      /^UsageError: --device: expected the number of a device, as the command doctor lists them, got/,
    );
  }
  assert.throws(() => machineFlags(["--device"]), /^UsageError: --device: needs a value, the num/);
});
