/** How the state that a page shows follows from what the client tells. */
import { type ClientEvent, describeEvent } from '../client/client-events.js';
import { protectionOf } from '../client/protection.js';
import type { Task } from '../protocol/messages.js';
import type { ParticipantState, Progress } from './participant-state.js';

/** The state with a task that has come. */
export function withTask(state: ParticipantState, { definition, round }: Task): ParticipantState {
  return { ...state, definition, round, protection: protectionOf(state.server, definition) };
}

/**
 * The state after an event.
 *
 * @param kind of the task under way
 */
export function withEvent(
  state: ParticipantState,
  event: ClientEvent,
  kind: Task['type'] = 'train',
): ParticipantState {
  const told = { ...state, sentence: describeEvent(event) };
  switch (event.type) {
    case 'enrolled': {
      const status = event.status === 'approved' ? 'waiting' : 'pending';
      return { ...told, status, clientId: event.clientId, progress: null };
    }
    case 'waiting':
      return { ...told, status: event.pending ? 'pending' : 'waiting', progress: null };
    case 'not-eligible':
      return { ...told, status: 'not-eligible', progress: null };
    case 'task-received':
      return working(told, { phase: 'downloading', share: 0 });
    case 'model-downloaded':
      return working(told, { phase: kind === 'train' ? 'training' : 'evaluating', share: 0 });
    case 'trained':
      return working(told, { phase: 'uploading', share: null });
    case 'evaluated':
      return working(told, { phase: 'uploading', share: null });
    case 'update-sent':
    case 'report-sent':
    case 'task-refused':
    case 'approval-needed':
      return { ...told, status: 'waiting', progress: null };
    case 'retrying':
      // A task that is under way stays one.
      return { ...told, status: 'retrying' };
    case 'failed': {
      if (!event.final) return { ...told, status: 'waiting', progress: null };
      return { ...told, status: 'failed', progress: null };
    }
    case 'clock-corrected':
      return state;
    case 'left':
      return { ...told, status: 'left', progress: null };
    default:
      return event satisfies never;
  }
}

function working(state: ParticipantState, progress: Progress): ParticipantState {
  return { ...state, status: 'working', progress };
}
