import { UsageError } from "../train/config/usage_error.ts";
import { inFolder } from "./cli/in_folder.ts";
import { runTask } from "./cli/run_task.ts";
import { buildPage } from "./demo/build_page.ts";
import { demoHelp, readDemoArguments } from "./demo/demo_flags.ts";
import { serveFolder } from "./demo/serve_folder.ts";

/** Builds the page that trains in a browser, and serves it. */
async function main(args: readonly string[]): Promise<void> {
  const { out, port, build_only, help } = readDemoArguments(args);
  if (help) return console.log(demoHelp());
  const files = await inFolder(out, "--out", () => buildPage(out));
  console.log(`Left ${out}: ${files.join(", ")}`);
  if (build_only) return;
  const server = served(out, port);
  console.log(`Open http://127.0.0.1:${server.addr.port}/ in a browser with WebGPU; Ctrl-C ends.`);
  await server.finished;
}

function served(out: string, port: number): ReturnType<typeof serveFolder> {
  try {
    return serveFolder(out, port);
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new UsageError(`--port: ${port} is in use; give another, or 0 for any that is free`);
  }
}

if (import.meta.main) await runTask(main, { usesDevice: false });
