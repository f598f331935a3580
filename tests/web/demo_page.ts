import { join } from "node:path";
import { buildPage } from "../../tasks/demo/build_page.ts";
import { serveFolder } from "../../tasks/demo/serve_folder.ts";
import type { Settings } from "../../tasks/demo/settings.ts";
import { Browser, WEBGPU } from "../browser/browser.ts";
import type { Page } from "../browser/page.ts";

/** The demo in a browser, used as a person would. */
export class DemoPage implements AsyncDisposable {
  readonly page: Page;
  /** Where its downloads go. */
  readonly downloads: string;
  readonly #browser: Browser;
  readonly #url: string;
  readonly #resources: AsyncDisposableStack;

  private constructor(
    page: Page,
    downloads: string,
    { browser, url, resources }: {
      readonly browser: Browser;
      readonly url: string;
      readonly resources: AsyncDisposableStack;
    },
  ) {
    this.page = page;
    this.downloads = downloads;
    this.#browser = browser;
    this.#url = url;
    this.#resources = resources;
  }

  /** Builds, serves and opens it. @param flags of the browser */
  static async open(flags: readonly string[] = WEBGPU): Promise<DemoPage> {
    await using resources = new AsyncDisposableStack();
    const folder = await Deno.makeTempDir();
    resources.defer(() => Deno.remove(folder, { recursive: true }));
    const site = join(folder, "site");
    await buildPage(site);
    const server = serveFolder(site, 0);
    resources.defer(() => server.shutdown());
    const browser = resources.use(await Browser.start(flags));
    const downloads = join(folder, "downloads");
    await Deno.mkdir(downloads);
    const url = `http://127.0.0.1:${server.addr.port}/`;
    const page = await browser.open(url, downloads);
    return new DemoPage(page, downloads, { browser, url, resources: resources.move() });
  }

  /** It in another tab, which is closed with the browser. */
  async anotherTab(): Promise<DemoPage> {
    const page = await this.#browser.open(this.#url);
    const resources = new AsyncDisposableStack();
    return new DemoPage(page, this.downloads, {
      browser: this.#browser,
      url: this.#url,
      resources,
    });
  }

  /** Gives its files so much room, in bytes; null: as much as usual. */
  async limitStorage(quotaSize: number | null): Promise<void> {
    await this.page.call("Storage.overrideQuotaForOrigin", {
      origin: new URL(this.#url).origin,
      ...quotaSize !== null && { quotaSize },
    });
  }

  /** Waits until it can be asked for something. */
  async ready(): Promise<void> {
    await this.page.until("!document.querySelector('#train .primary').disabled", 60);
  }

  /** Waits until one of the tabs changes what is saved. */
  async busy(): Promise<void> {
    await this.page.until("navigator.locks.query().then(({ held }) => held.length > 0)", 60);
  }

  /** Starts a run; `until` is an expression that ends it early when it is true. */
  async train(settings: Settings, until = "false"): Promise<void> {
    await this.#fill("train", settings);
    await this.page.evaluate(`{
      const observer = new MutationObserver(() => {
        if (!(${until})) return;
        observer.disconnect();
        document.querySelector("#stop").click();
      });
      observer.observe(document.querySelector("#step"), { childList: true });
      document.querySelector("#train").requestSubmit();
    }`);
  }

  /** Draws with a saved run; returns the RGB of the grid, `[height, width, 3]`. */
  async draw(
    choice: { run: string; label: string; scale: number; steps: number; seed: number },
  ): Promise<number[]> {
    await this.#fill("draw", choice);
    await this.page.evaluate(`document.querySelector("#draw").requestSubmit()`);
    await this.said("Drawn with");
    return await this.page.evaluate(`{
      const canvas = document.querySelector("#drawn_images");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      [...data].filter((_, i) => i % 4 < 3);
    }`);
  }

  /** Clicks a button of a saved run. */
  async click(run: string, text: string): Promise<void> {
    await this.page.evaluate(`{
      const buttons = [...document.querySelectorAll('[data-run="${run}"] button')];
      buttons.find((button) => button.textContent.startsWith("${text}")).click();
    }`);
  }

  /** Waits until a request is done and the page has said so. @throws where it says it failed */
  async said(text: string, seconds = 120): Promise<void> {
    const status = "document.querySelector('#status')";
    await this.page.until(
      `${status}.classList.contains("wrong") || ${status}.textContent.includes(${
        JSON.stringify(text)
      })`,
      seconds,
    );
    const said = await this.page.evaluate<string>(`${status}.textContent`);
    if (!said.includes(text)) throw new Error(`it says: ${said}`);
    await this.ready();
  }

  /** Waits until a request has failed and the page says why. */
  async refused(text: string, seconds = 120): Promise<void> {
    const wrong = "document.querySelector('#status.wrong')?.textContent";
    await this.page.until(`${wrong}?.includes(${JSON.stringify(text)})`, seconds);
    await this.ready();
  }

  /** A file of a saved run, of the step that counts. */
  async file(run: string, name: string): Promise<Uint8Array<ArrayBuffer>> {
    const base64 = await this.page.evaluate<string>(`(async () => {
      let folder = await navigator.storage.getDirectory();
      for (const name of ["runs", "${run}"]) folder = await folder.getDirectoryHandle(name);
      const read = async (from, name) => await (await from.getFileHandle(name)).getFile();
      const { step } = JSON.parse(await (await read(folder, "latest.json")).text());
      const file = await read(await folder.getDirectoryHandle(String(step)), "${name}");
      return new Uint8Array(await file.arrayBuffer()).toBase64();
    })()`);
    return Uint8Array.fromBase64(base64);
  }

  /** The loss of each step of a saved run. */
  async losses(run: string): Promise<Float32Array> {
    return new Float32Array((await this.file(run, "losses.f32")).buffer);
  }

  /** Chooses files for a file field. */
  async choose(id: string, files: readonly string[]): Promise<void> {
    const { root } = await this.page.call("DOM.getDocument");
    const { nodeId } = await this.page.call("DOM.querySelector", {
      nodeId: (root as { nodeId: number }).nodeId,
      selector: `#${id}`,
    });
    await this.page.call("DOM.setFileInputFiles", { nodeId, files });
  }

  async #fill(form: string, values: object): Promise<void> {
    await this.page.evaluate(`{
      const form = document.querySelector("#${form}");
      for (const [name, value] of Object.entries(${JSON.stringify(values)})) {
        const field = form.elements.namedItem(name);
        field.value = String(value);
        for (const event of ["input", "change"]) field.dispatchEvent(new Event(event));
      }
    }`);
  }

  /** Closes it and removes its files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }
}
