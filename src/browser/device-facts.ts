/** What only a page sees of the device, for its Worker: whether it is looked at, and whether it is charging. */

/** At one moment; null: the browser does not tell. */
export interface DeviceFacts {
  readonly visibility: DocumentVisibilityState;
  readonly charging: boolean | null;
}

/** Battery Status API: in Chromium only. */
interface Battery extends EventTarget {
  readonly charging: boolean;
}

/** The facts as they are while nothing is known of the battery yet. */
export function firstFacts(): DeviceFacts {
  return { visibility: document.visibilityState, charging: null };
}

/** Calls `onFacts` at each change, and soon after the start with what the battery says, until `signal` aborts. */
export function watchDevice(onFacts: (facts: DeviceFacts) => void, signal: AbortSignal): void {
  let battery: Battery | undefined;
  const tell = () => {
    if (signal.aborted) return;
    onFacts({ visibility: document.visibilityState, charging: battery?.charging ?? null });
  };
  document.addEventListener('visibilitychange', tell, { signal });
  const { navigator } = globalThis as { navigator: { getBattery?(): Promise<Battery> } };
  const listen = (got: Battery) => {
    battery = got;
    battery.addEventListener('chargingchange', tell, { signal });
    tell();
  };
  // A browser that does not let the page see it is one that does not tell.
  navigator.getBattery?.().then(listen, () => {});
}
