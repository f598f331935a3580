import { SetupError } from "./setup_error.ts";

/** Runs apt-get quietly; Ctrl-C ends it only where that leaves the system consistent. */
export class Apt implements Disposable {
  readonly #options: readonly string[];
  readonly #signals: readonly Deno.Signal[] = ["SIGINT", "SIGTERM", "SIGHUP"];
  readonly #stop: () => void = () => {
    this.#stopped = true;
    if (this.#stoppable) this.#running?.kill("SIGTERM");
    else console.error("\nStopping as soon as the packages are installed.");
  };
  #running?: Deno.ChildProcess;
  #stoppable: boolean = false;
  #stopped: boolean = false;

  /** @param options put before every command, such as `["-o", "Name=value"]` */
  constructor(options: readonly string[] = []) {
    this.#options = options;
    for (const signal of this.#signals) Deno.addSignalListener(signal, this.#stop);
  }

  /**
   * Fetches the package lists and installs packages with their dependencies.
   *
   * @param release the release to prefer, as in `-t`; by default the system's own
   * @returns the output of apt-get, and whether the packages are installed
   * @throws {SetupError} after Ctrl-C, with exit code 130
   */
  async install(
    packages: readonly string[],
    release?: string,
  ): Promise<{ success: boolean; output: string }> {
    const install = ["install", "-y", "--no-install-recommends"];
    const target = [...(release === undefined ? [] : ["-t", release]), ...packages];
    // One broken source of many fails the update, while the packages may still be found.
    const update = await this.#run(["update"], true);
    const download = await this.#run([...install, "--download-only", ...target], true);
    if (!download.success) return { success: false, output: update.output + download.output };
    return await this.#run([...install, ...target], false);
  }

  async #run(
    args: string[],
    stoppable: boolean,
  ): Promise<{ success: boolean; output: string }> {
    this.#stoppable = stoppable;
    this.#running = new Deno.Command("apt-get", {
      args: ["-q", "-o", "DPkg::Lock::Timeout=120", ...this.#options, ...args],
      env: { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      // Its own process group: the terminal's Ctrl-C must not interrupt dpkg.
      detached: true,
    }).spawn();
    const { success, stdout, stderr } = await this.#running.output();
    if (this.#stopped) {
      throw new SetupError(
        stoppable ? "Stopped before anything was installed." : "Stopped after the installation.",
        130,
      );
    }
    const decoder = new TextDecoder();
    return { success, output: decoder.decode(stdout) + decoder.decode(stderr) };
  }

  /** Restores the default handling of Ctrl-C. */
  [Symbol.dispose](): void {
    for (const signal of this.#signals) Deno.removeSignalListener(signal, this.#stop);
  }
}
