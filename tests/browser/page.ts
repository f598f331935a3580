import type { Connection } from "./connection.ts";

/** How a page is looked at. */
export interface View {
  readonly width: number;
  readonly height: number;
  readonly dark?: boolean;
}

/** A tab. */
export class Page {
  /** Errors and warnings in the console, of the page and its workers, and what was not caught. */
  readonly complaints: string[] = [];

  constructor(readonly connection: Connection, readonly session: string) {
    const sessions = new Set([session]);
    connection.listen(({ method, sessionId, params = {} }) => {
      if (sessionId === undefined || !sessions.has(sessionId)) return;
      if (method === "Target.attachedToTarget") {
        // A worker: it listens too, from its start on.
        const worker = String(params.sessionId);
        sessions.add(worker);
        this.#enable(worker).then(() =>
          connection.call("Runtime.runIfWaitingForDebugger", {}, worker)
        ).catch(() => {});
      }
      const complaint = complaintIn(method, params);
      if (complaint !== null) this.complaints.push(complaint);
    });
  }

  async #enable(session: string): Promise<void> {
    await this.connection.call("Runtime.enable", {}, session);
    await this.connection.call("Log.enable", {}, session).catch(() => {});
  }

  /** Prepares the tab; call it once. */
  async prepare(): Promise<void> {
    const attach = { autoAttach: true, waitForDebuggerOnStart: true, flatten: true };
    await this.#enable(this.session);
    await this.call("Page.enable");
    await this.call("Target.setAutoAttach", attach);
  }

  /** A call of the protocol. */
  call(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    return this.connection.call(method, params, this.session);
  }

  /** Opens an address, and returns when it is loaded. */
  async goto(url: string): Promise<void> {
    await this.#loaded(() => this.call("Page.navigate", { url }));
  }

  /** Loads the page again. */
  async reload(): Promise<void> {
    await this.#loaded(() => this.call("Page.reload"));
  }

  async #loaded(start: () => Promise<unknown>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.connection.listen(({ method, sessionId }) => {
      if (method === "Page.loadEventFired" && sessionId === this.session) resolve();
    });
    await start();
    await promise;
  }

  /** The value of an expression in the page, as JSON has it; promises are awaited. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
      userGesture: true,
    });
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: T }).value;
  }

  /** Waits until an expression, or what it promises, is true. @throws where it is not after `seconds`, with the page's text */
  async until(expression: string, seconds: number): Promise<void> {
    const end = performance.now() + 1000 * seconds;
    while (!await this.evaluate<boolean>(`(async () => Boolean(await (${expression})))()`)) {
      if (performance.now() > end) {
        const text = await this.evaluate<string>("document.body.innerText");
        throw new Error(
          `not within ${seconds} s: ${expression}\n${text}\n${this.complaints.join("\n")}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Looks at the page in another window, light or dark. */
  async look({ width, height, dark = false }: View): Promise<void> {
    const metrics = { width, height, deviceScaleFactor: 1, mobile: false };
    await this.call("Emulation.setDeviceMetricsOverride", metrics);
    const features = [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }];
    await this.call("Emulation.setEmulatedMedia", { features });
  }

  /** The whole page as PNG. */
  async screenshot(): Promise<Uint8Array> {
    const { data } = await this.call("Page.captureScreenshot", { captureBeyondViewport: true });
    return Uint8Array.fromBase64(String(data));
  }
}

function complaintIn(method: string | undefined, params: Record<string, unknown>): string | null {
  if (method === "Runtime.exceptionThrown") return JSON.stringify(params.exceptionDetails);
  if (method === "Runtime.consoleAPICalled") {
    const { type, args } = params as {
      type: string;
      args: { value?: unknown; description?: string }[];
    };
    if (type !== "error" && type !== "warning") return null;
    return args.map(({ value, description }) => value ?? description).join(" ");
  }
  if (method === "Log.entryAdded") {
    const { level, text, url } = params.entry as { level: string; text: string; url?: string };
    return level === "error" || level === "warning" ? `${text} ${url ?? ""}` : null;
  }
  return null;
}
