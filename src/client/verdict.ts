/** The answer of a check: yes, or no with the reason in words. */

export type Verdict = { readonly accepted: true } | { readonly accepted: false; readonly reason: string };
