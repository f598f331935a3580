import { Browser } from "./browser.ts";

/** A file's page as a browser leaves it, and what it complained of. */
export async function opened(file: string): Promise<{ dom: string; complaints: string }> {
  await using browser = await Browser.start(["--disable-gpu"]);
  const page = await browser.open(`file://${file}`);
  const dom = await page.evaluate<string>("document.documentElement.outerHTML");
  return { dom, complaints: page.complaints.join("\n") };
}
