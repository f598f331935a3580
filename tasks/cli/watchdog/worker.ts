import { writeToStandardError } from "../standard_error.ts";
import { humanDuration } from "../../../page/human_units.ts";
import { HeartbeatMonitor } from "./heartbeat_monitor.ts";
import { type Message, OTHERS } from "./watchdog.ts";

const TICK_MS = 100;
const now = () => performance.now() / 1000;
let monitor: HeartbeatMonitor | null = null;

addEventListener("message", (event) => {
  const message = (event as MessageEvent<Message>).data;
  if (message.kind === "after") {
    monitor = new HeartbeatMonitor(message.seconds);
    setInterval(report, TICK_MS);
  } else if (message.kind === "begin") monitor?.begin(message.id, message.what, now());
  else monitor?.end(message.id, now());
});

function report(): void {
  const kill = Deno.build.os === "windows" ? "taskkill /F /PID" : "kill -9";
  // Erases a progress line that is being redrawn in a terminal.
  const clear = Deno.stderr.isTerminal() ? "\r\x1b[K" : "";
  for (const { what, seconds } of monitor?.due(now()) ?? []) {
    const time = humanDuration(seconds);
    if (what === OTHERS) {
      writeToStandardError(
        `${clear}the other processes have not answered for ${time}: one of them, or its machine, may be ` +
          "stopped, or still load its data; saved checkpoints are safe\n",
      );
      continue;
    }
    writeToStandardError(
      `${clear}the device has not answered for ${time} (${what}); a large step on a slow adapter ` +
        `may take this long. If the driver hangs, Ctrl-C has no effect: end the process with ` +
        `${kill} ${Deno.pid}; saved checkpoints are safe\n`,
    );
  }
}
