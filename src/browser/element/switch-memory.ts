/** Whether the switch was on when the page was left, so that a reload goes on: one word in localStorage, gone with leaving. */

export interface SwitchMemory {
  readonly on: boolean;
  keep(on: boolean): void;
  forget(): void;
}

/** The memory of one participant; where a browser keeps nothing, the switch is off at each visit. */
export function createSwitchMemory(storage = 'tessera', server: string): SwitchMemory {
  const key = `tessera ${storage} ${server}`;
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch {
      return undefined;
    }
  };
  return {
    get on() {
      return attempt(() => localStorage.getItem(key)) === 'on';
    },
    keep(on) {
      attempt(() => localStorage.setItem(key, on ? 'on' : 'off'));
    },
    forget() {
      attempt(() => localStorage.removeItem(key));
    },
  };
}
