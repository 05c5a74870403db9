/** What a browser tells of the device; much of it only in Chromium, so that everything is looked for first. */
import type { DeviceProbe } from './eligibility.js';

/** The little of a browser that is looked at; in a worker there is no document. */
export interface BrowserScope {
  readonly document?: { readonly visibilityState?: string };
  readonly navigator?: {
    /** Battery Status API. */
    getBattery?(): Promise<{ readonly charging: boolean }>;
    /** Network Information API. */
    readonly connection?: { readonly type?: string; readonly saveData?: boolean };
    /** Device Memory API: GiB, rounded to a power of two, at most 8. */
    readonly deviceMemory?: number;
    readonly permissions?: {
      query(descriptor: { readonly name: string }): Promise<{ readonly state: string }>;
    };
  };
  /** Idle Detection API. */
  readonly IdleDetector?: new () => IdleDetectorLike;
}

interface IdleDetectorLike {
  readonly userState: string | null;
  readonly screenState: string | null;
  start(options: { readonly threshold: number; readonly signal: AbortSignal }): Promise<void>;
}

/** The least that the Idle Detection API takes. */
const IDLE_THRESHOLD_MS = 60_000;

const BYTES_PER_GIB = 2 ** 30;

const METERED = ['cellular', 'bluetooth', 'wimax'];
const UNMETERED = ['wifi', 'ethernet'];

/**
 * Charging by the battery. Unmetered by the kind of network, unless the person saves data. Idle where the person has let
 * the page see it: nobody touches the device, or the screen is locked; elsewhere a page that is hidden counts as idle, one
 * that is seen as in use. Memory is all that the device has, roughly. What a browser does not tell is not known.
 */
export function createBrowserProbe(scope: BrowserScope = globalThis as BrowserScope): DeviceProbe {
  const { navigator } = scope;
  return {
    async charging() {
      const battery = await navigator?.getBattery?.();
      return battery?.charging ?? null;
    },
    async idle() {
      const detected = await detectIdle(scope).catch(() => null);
      if (detected !== null) return detected;
      const visibility = scope.document?.visibilityState;
      return visibility === undefined ? null : visibility === 'hidden';
    },
    async unmetered() {
      const { type = '', saveData } = navigator?.connection ?? {};
      if (saveData === true || METERED.includes(type)) return false;
      return UNMETERED.includes(type) ? true : null;
    },
    async memoryBytes() {
      const memory = navigator?.deviceMemory;
      return memory === undefined ? null : memory * BYTES_PER_GIB;
    },
  };
}

/** Never asks for the permission itself: a question out of nowhere is what people refuse. */
async function detectIdle({ IdleDetector, navigator }: BrowserScope): Promise<boolean | null> {
  if (!IdleDetector || !navigator?.permissions) return null;
  const { state } = await navigator.permissions.query({ name: 'idle-detection' });
  if (state !== 'granted') return null;
  const stop = new AbortController();
  const detector = new IdleDetector();
  try {
    await detector.start({ threshold: IDLE_THRESHOLD_MS, signal: stop.signal });
    const { userState, screenState } = detector;
    return userState === null && screenState === null
      ? null
      : userState === 'idle' || screenState === 'locked';
  } finally {
    stop.abort();
  }
}
