import { deepStrictEqual as deepEqual } from "node:assert/strict";
import { HeartbeatMonitor } from "../../../../tasks/cli/watchdog/heartbeat_monitor.ts";

Deno.test("HeartbeatMonitor.due() reports once a wait over twice the longest before", () => {
  const silences = new HeartbeatMonitor(60);
  silences.begin(1, "a", 0);
  deepEqual(silences.due(60), []);
  deepEqual(silences.due(61), [{ what: "a", seconds: 61 }]);
  deepEqual(silences.due(300), []);
  silences.end(1, 420);
  silences.begin(2, "b", 500);
  deepEqual(silences.due(500 + 840), []);
  deepEqual(silences.due(500 + 841), [{ what: "b", seconds: 841 }]);
});

Deno.test("HeartbeatMonitor.due() tracks several waits at once, and none that ended", () => {
  const silences = new HeartbeatMonitor(10);
  silences.begin(1, "a", 0);
  silences.begin(2, "b", 1);
  silences.end(1, 2);
  deepEqual(silences.due(20), [{ what: "b", seconds: 19 }]);
  silences.end(2, 20);
  deepEqual(silences.due(1000), []);
});
