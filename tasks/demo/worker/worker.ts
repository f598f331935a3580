import type { Report, Request } from "../messages.ts";
import { MemoryFiles } from "./files.ts";
import { PrivateFiles } from "./private_files.ts";
import { FIRST_SETTINGS, METHODS } from "./run_config.ts";
import { Session } from "./session.ts";

/** What is used of a worker's global scope. */
const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Request>) => void;
  postMessage(report: Report): void;
};

/** Lets one tab at a time change what is saved; the others hear that it is busy. */
async function alone(work: () => Promise<void>): Promise<void> {
  const { locks } = navigator as unknown as {
    locks?: {
      request<T>(
        name: string,
        options: { ifAvailable: boolean },
        use: (lock: unknown) => Promise<T>,
      ): Promise<T>;
    };
  };
  if (!locks) return await work();
  await locks.request("scalelong runs", { ifAvailable: true }, async (lock) => {
    if (lock) return await work();
    const text = "Another tab of this page is busy with the saved runs: wait, or stop it there.";
    scope.postMessage({ is: "failed", text });
  });
}

async function hasAdapter(): Promise<boolean> {
  return await navigator.gpu.requestAdapter() !== null;
}

async function start(): Promise<void> {
  scope.postMessage({ is: "offer", methods: METHODS, first: FIRST_SETTINGS });
  const has_api = "gpu" in navigator && navigator.gpu !== undefined;
  if (!has_api || !await hasAdapter()) return scope.postMessage({ is: "no_webgpu", has_api });
  const files = await PrivateFiles.open();
  scope.postMessage({ is: "storage", keeps: files !== null });
  const session = new Session(files ?? new MemoryFiles(), (report) => scope.postMessage(report));
  let last = session.handle({ ask: "open" });
  scope.onmessage = ({ data: request }) => {
    if (request.ask === "stop") return session.stop();
    last = last.then(() => alone(() => session.handle(request)));
  };
}

await start();
