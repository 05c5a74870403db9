/** The approval of exactly one task definition. */
import type { GraphSummary } from '../learn/graph-summary.js';
import type { LocalWork } from '../learn/trainer.js';
import { canonicalJson } from '../protocol/canonical-json.js';
import type { Task, TaskDefinition } from '../protocol/messages.js';
import { sha256Hex } from './digest.js';

/** What a person, or a rule in their place, says of a definition. `pending`: nobody has decided yet. */
export type Decision = 'approved' | 'rejected' | 'pending';

/** Decides on a definition by its hash: any change of it, be it of its title, has another one. */
export type Approve = (
  definition: TaskDefinition,
  hash: string,
  asked: AskedWith,
) => Decision | Promise<Decision>;

/** What helps to decide, beside the definition. */
export interface AskedWith {
  /** The work of the task that the definition came with. An approval is not for it: pins are. */
  readonly work: LocalWork;
  /** Of the graph that would run, where it is a model of ours. */
  readonly graph?: GraphSummary;
}

export type ApprovalVerdict =
  | { readonly decision: 'approved'; readonly hash: string }
  | { readonly decision: 'rejected' | 'pending'; readonly hash: string; readonly reason: string };

/** Asks whether the task's definition is approved: exactly this one, by its hash. */
export async function askApproval(
  { approve }: { readonly approve?: Approve },
  { definition, work }: Pick<Task, 'definition' | 'work'>,
  graph?: GraphSummary,
): Promise<ApprovalVerdict> {
  const hash = await definitionHash(definition);
  const asked = graph ? { work, graph } : { work };
  const decision = approve ? await approve(definition, hash, asked) : 'approved';
  if (decision === 'approved') return { decision, hash };
  const reason =
    decision === 'rejected'
      ? `the task "${definition.title}" was rejected here`
      : `the task "${definition.title}" has not been approved here`;
  return { decision: decision === 'rejected' ? 'rejected' : 'pending', hash, reason };
}

/** The SHA-256 (hexadecimal) of a definition's canonical JSON: any change, also of its title, gives another. */
export async function definitionHash(definition: TaskDefinition): Promise<string> {
  return sha256Hex(new TextEncoder().encode(canonicalJson(definition)));
}
