const program = `postMessage((await navigator.gpu.requestAdapter()) !== null); close();`;

/**
 * Whether WebGPU finds an adapter. It is asked in a worker, as a thread looks for drivers only once
 * and would miss one that is installed later.
 */
export function hasAdapter(): Promise<boolean> {
  return new Promise((resolve) => {
    const url = `data:text/javascript,${encodeURIComponent(program)}`;
    const worker = new Worker(url, { type: "module" });
    worker.onmessage = (event: MessageEvent<boolean>) => resolve(event.data);
    worker.onerror = (event) => {
      event.preventDefault();
      resolve(false);
    };
  });
}
