import { Connection } from "./connection.ts";
import { Page } from "./page.ts";

/** A Chromium of this machine, or the one that SCALELONG_CHROMIUM names; undefined for none. */
export const CHROMIUM: string | undefined = candidates().find(
  (name) => {
    try {
      return new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" })
        .outputSync().success;
    } catch {
      return false;
    }
  },
);

function candidates(): string[] {
  const named = Deno.env.get("SCALELONG_CHROMIUM");
  return named ? [named] : ["chromium", "chromium-browser", "google-chrome"];
}

/** WebGPU on Chromium's own software adapter, SwiftShader. */
export const WEBGPU: readonly string[] = ["--enable-unsafe-webgpu"];

const FLAGS = [
  ...["--headless=new", "--no-sandbox", "--no-first-run", "--disable-extensions"],
  // Where it runs in a container, /dev/shm may be too small for it.
  ...["--remote-debugging-port=0", "--hide-scrollbars", "--disable-dev-shm-usage"],
];

/** A Chromium with a profile of its own. */
export class Browser implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #profile: string;
  readonly #connection: Connection;
  readonly #listening: Promise<void>;

  private constructor(
    child: Deno.ChildProcess,
    profile: string,
    connection: Connection,
    listening: Promise<void>,
  ) {
    this.#child = child;
    this.#profile = profile;
    this.#connection = connection;
    this.#listening = listening;
  }

  /** Starts it. @param flags such as {@linkcode WEBGPU} */
  static async start(flags: readonly string[] = []): Promise<Browser> {
    const profile = await Deno.makeTempDir();
    const child = new Deno.Command(CHROMIUM!, {
      args: [...FLAGS, `--user-data-dir=${profile}`, ...flags, "about:blank"],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    let said = "";
    const listening = (async () => {
      for await (const piece of child.stderr.pipeThrough(new TextDecoderStream())) {
        said += piece;
        const address = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
        if (address) resolve(address);
      }
      reject(new Error(`the browser ended: ${said}`));
    })();
    const connection = await Connection.open(await promise);
    return new Browser(child, profile, connection, listening);
  }

  /** Opens a tab. @param folder where it saves downloads */
  async open(url: string, folder?: string): Promise<Page> {
    const call = this.#connection.call.bind(this.#connection);
    if (folder) {
      await call("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder });
    }
    const { targetId } = await call("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await call("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this.#connection, String(sessionId));
    await page.prepare();
    await page.goto(url);
    return page;
  }

  /** Ends it and removes its profile. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.call("Browser.close").catch(() => {});
    await this.#connection.close();
    await this.#child.status;
    await this.#listening;
    // Processes of it may still write.
    for (let left = 200; left > 0; left--) {
      const error = await Deno.remove(this.#profile, { recursive: true }).catch((error) => error);
      if (!error) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
