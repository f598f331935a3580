import { humanDuration } from "../human_units.ts";
import { HeartbeatMonitor } from "./heartbeat_monitor.ts";
import type { Message } from "./watchdog.ts";

const TICK_MS = 100;
const now = () => performance.now() / 1000;
let silences: HeartbeatMonitor | null = null;

addEventListener("message", (event) => {
  const message = (event as MessageEvent<Message>).data;
  if (message.kind === "after") {
    silences = new HeartbeatMonitor(message.seconds);
    setInterval(tell, TICK_MS);
  } else if (message.kind === "begin") silences?.begin(message.id, message.what, now());
  else silences?.end(message.id, now());
});

function tell(): void {
  const kill = Deno.build.os === "windows" ? "taskkill /F /PID" : "kill -9";
  // What is drawn over in a terminal must not stay in front of the line.
  const clear = Deno.stderr.isTerminal() ? "\r\x1b[K" : "";
  for (const { what, seconds } of silences?.due(now()) ?? []) {
    const time = humanDuration(seconds);
    console.error(
      `${clear}the device has not answered for ${time} (${what}); a large step on a slow adapter ` +
        `may take this long. If the driver hangs, Ctrl-C is not heard: end this with ` +
        `${kill} ${Deno.pid}, what is saved is kept`,
    );
  }
}
