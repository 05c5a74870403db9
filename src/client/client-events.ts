/** What a client tells while it lives: every event as plain data, and in plain words. */
import { formatBytes, formatCount, formatDuration, formatMetric, formatPlural } from '../format.js';
import { plain } from '../plain-text.js';
import type { EnrolResponse, Receipt, Task, TaskDefinition } from '../protocol/messages.js';
import { describeProtection, describeUse, type Protection } from './protection.js';

/** Which part of which round an event is about. */
export interface RoundPlace {
  readonly runId: string;
  readonly round: number;
  /** The model's name. */
  readonly model: string;
}

/** Bytes that left the device. */
export interface Sent {
  readonly bytes: number;
  /** Of the body; hexadecimal. */
  readonly sha256: string;
  readonly protection: Protection;
}

export type ClientEvent =
  | ({ readonly type: 'enrolled'; readonly server: string } & EnrolResponse)
  /** A person has to look at a task before the client takes part. */
  | { readonly type: 'approval-needed'; readonly hash: string; readonly definition: TaskDefinition }
  /** `pending`: an operator has not approved the client yet. */
  | {
      readonly type: 'waiting';
      readonly reason: string;
      readonly retryAfterMs: number;
      readonly pending?: true;
    }
  /** The device's own rules say no; nothing was asked of the server. */
  | { readonly type: 'not-eligible'; readonly reason: string; readonly retryAfterMs: number }
  | ({
      readonly type: 'task-received';
      readonly kind: Task['type'];
      readonly deadlineMs: number;
    } & RoundPlace)
  | ({ readonly type: 'task-refused'; readonly reason: string } & RoundPlace)
  /** `cached`: it was here already, nothing was fetched. */
  | ({ readonly type: 'model-downloaded'; readonly bytes: number; readonly cached: boolean } & RoundPlace)
  | ({
      readonly type: 'trained';
      readonly exampleCount: number;
      readonly steps: number;
      readonly loss: number;
      readonly trainMs: number;
    } & RoundPlace)
  | ({
      readonly type: 'update-sent';
      readonly reports: TaskDefinition['reports'];
      readonly exampleCount: number;
      readonly receipt: Receipt;
    } & RoundPlace &
      Sent)
  | ({ readonly type: 'evaluated'; readonly exampleCount: number; readonly loss: number } & RoundPlace)
  /** Anything but an update: the figures of an evaluation, or that this round failed here. */
  | ({ readonly type: 'report-sent'; readonly what: 'evaluation' | 'failure' } & RoundPlace & Sent)
  /** Something went wrong; the client goes on unless it is `final`. */
  | { readonly type: 'failed'; readonly reason: string; readonly final: boolean }
  | {
      readonly type: 'retrying';
      /** What is tried again, like "the check-in". */
      readonly what: string;
      readonly reason: string;
      /** From 1. */
      readonly attempt: number;
      readonly delayMs: number;
    }
  /** How far the server's clock is ahead of this one; requests carry the server's time from now on. */
  | { readonly type: 'clock-corrected'; readonly aheadMs: number }
  /** `forgotten`: the server was told to forget the client, and what it kept here is deleted. */
  | { readonly type: 'left'; readonly forgotten: boolean };

/** One or two plain sentences, on one line and without control characters, whatever the server put into the event. */
export function describeEvent(event: ClientEvent): string {
  return plain(sentence(event));
}

function sentence(event: ClientEvent): string {
  switch (event.type) {
    case 'enrolled':
      return `Enrolled with ${event.server} as ${event.clientId}${
        event.status === 'approved' ? '.' : '; an operator there has to approve it first.'
      }`;
    case 'approval-needed':
      return `A person must approve the task "${event.definition.title}" (${event.hash.slice(0, 12)}) before this client takes part.`;
    case 'waiting':
      return `Nothing to do: ${event.reason}; asks again in ${formatDuration(event.retryAfterMs)}.`;
    case 'not-eligible':
      return `Takes no part now: ${event.reason}; looks again in ${formatDuration(event.retryAfterMs)}.`;
    case 'task-received':
      return `Was asked to ${event.kind} ${placeOf(event)}; ${formatDuration(event.deadlineMs)} are left to report.`;
    case 'task-refused':
      return `Refused to take part in ${placeOf(event)}: ${event.reason}. No example was used.`;
    case 'model-downloaded':
      return event.cached
        ? `Has ${placeOf(event)}, already.`
        : `Fetched ${formatBytes(event.bytes)}: ${placeOf(event)}.`;
    case 'trained':
      return `Trained ${placeOf(event)}, on ${examples(event.exampleCount)} in ${formatPlural(event.steps, 'step')}, ${formatDuration(event.trainMs)}; loss ${formatMetric(event.loss)}.`;
    case 'update-sent':
      return `Sent ${formatBytes(event.bytes)}: ${
        event.reports === 'update' ? 'an update' : 'the trained parameters'
      } of ${placeOf(event)}, trained on ${examples(event.exampleCount)}; ${describeProtection(event.protection)}; ${useOf(event)}.`;
    case 'evaluated':
      return `Evaluated ${placeOf(event)}, on ${examples(event.exampleCount)}; loss ${formatMetric(event.loss)}.`;
    case 'report-sent':
      return `Sent ${formatBytes(event.bytes)}: ${
        event.what === 'evaluation' ? 'the figures of an evaluation' : 'word of a failure'
      } of ${placeOf(event)}; ${describeProtection(event.protection)}.`;
    case 'failed':
      return event.final ? `Stopped: ${event.reason}.` : `Failed, and goes on: ${event.reason}.`;
    case 'retrying':
      return `Tries ${event.what} again in ${formatDuration(event.delayMs)} (attempt ${formatCount(event.attempt)}): ${event.reason}.`;
    case 'clock-corrected':
      return `The clock here is ${formatDuration(Math.abs(event.aheadMs))} ${
        event.aheadMs > 0 ? 'behind' : 'ahead of'
      } the server's; requests carry the server's time from now on.`;
    case 'left':
      return event.forgotten
        ? 'Left: the server was told to forget this client, and what was kept here is deleted.'
        : 'Left; the identity and what was kept here stay.';
    default:
      return event satisfies never;
  }
}

function placeOf({ model, round }: RoundPlace): string {
  return `${model}, round ${formatCount(round)}`;
}

function examples(count: number): string {
  return formatPlural(count, 'example');
}

function useOf({ receipt, protection }: Extract<ClientEvent, { type: 'update-sent' }>): string {
  if (receipt.outcome === 'accepted') return describeUse(protection);
  if (receipt.outcome === 'duplicate') return 'the server has it already and counts it once';
  return `the server dropped it: ${receipt.detail}`;
}
