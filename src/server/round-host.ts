/** Carries out what the round's state machine commands, for clients that come over the network. */
import { createWeightedSum, fold, reset, writeMean } from '../aggregate/weighted-mean.js';
import { encodeSafetensors } from '../params/safetensors.js';
import type { BlobReference, Receipt, Task, UpdateMetadata } from '../protocol/messages.js';
import { Refusal } from '../protocol/problem.js';
import { checkExampleCount } from '../round/check-report.js';
import { advance } from '../round/round.js';
import {
  type Command,
  createdRun,
  type RunInput,
  type RunState,
  type Transition,
} from '../round/run-state.js';
import type { ClientActivity } from './client-activity.js';
import { clientTask } from './client-task.js';
import type { EvaluationRounds } from './evaluation-rounds.js';
import type { HostResult, RoundHostContext } from './round-host-context.js';
import { isTurn, standingOf } from './standing.js';
import { createTurns, type Turns } from './turns.js';
import { checkUpdateNorm } from './update-norm.js';
import { createUploadSlots, type UploadSlots } from './upload-slots.js';

/** Beside the parameters a file has a header: names, shapes, metadata. */
const MAX_HEADER_BYTES = 1024 * 1024;

/** Memory that places for uploads may take, and how many there are at least and at most. */
const SLOT_BYTES = 128 * 1024 * 1024;
const MIN_SLOTS = 2;
const MAX_SLOTS = 4;

/** How often the host looks whether there are enough clients by now; a client that comes is seen at once. */
const SELECTION_TICK_MS = 500;

/** What a client said comes to people's terminals: no codes that move the cursor, no marks that turn text. */
const CONTROLS = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** One open run. Set going by `start`, over when `finished` settles. */
export class RoundHost {
  readonly slots: UploadSlots;
  readonly evaluations: EvaluationRounds;
  readonly activity: ClientActivity;
  /** No update has more bytes. */
  readonly maxUpdateBytes: number;
  /** Rejects when the run cannot go on: its folder cannot be written. It can be resumed. */
  readonly finished: Promise<HostResult>;
  readonly #context: RoundHostContext;
  readonly #sum;
  readonly #mean: Float32Array;
  #state: RunState = createdRun;
  #work: (Command & { type: 'assign' }) | undefined;
  #model: BlobReference | undefined;
  #modelRound = 0;
  #deadlineAt = Number.POSITIVE_INFINITY;
  #selectingSince = 0;
  /** How many could be asked when it was last looked; absent: nobody has looked for this round. */
  #available: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #turns: Turns = createTurns((clientIndex, round) => isTurn(this.#state, clientIndex, round));
  #publishing: Promise<void> = Promise.resolve();
  #stopped = false;
  #settle!: { resolve: (result: HostResult) => void; reject: (error: unknown) => void };

  constructor(context: RoundHostContext) {
    this.#context = context;
    this.evaluations = context.evaluations;
    this.activity = context.activity;
    const bytes = Math.max(1, context.layout.size * Float32Array.BYTES_PER_ELEMENT);
    this.maxUpdateBytes = bytes + MAX_HEADER_BYTES;
    const slotCount = Math.min(MAX_SLOTS, Math.max(MIN_SLOTS, Math.floor(SLOT_BYTES / bytes)));
    this.slots = createUploadSlots(context.layout, slotCount, context.now);
    this.#sum = createWeightedSum(context.layout.size);
    this.#mean = new Float32Array(context.layout.size);
    this.finished = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.finished.catch(() => {});
  }

  get state(): RunState {
    return this.#state;
  }

  /** The global model as clients fetch it. */
  get model(): BlobReference | undefined {
    return this.#model;
  }

  /** The round that left it. */
  get modelRound(): number {
    return this.#modelRound;
  }

  /** How many clients could be asked now. */
  get available(): number {
    return this.#context.candidates().length;
  }

  /** Sets the run going: from its beginning, or from where a restored one stands. */
  start(from?: Transition): void {
    if (!from) {
      this.deliver({ type: 'started' });
      return;
    }
    const { layout, global, recorder } = this.#context;
    const round = from.state.progress?.round ?? 0;
    this.#model = recorder.offer(encodeSafetensors({ layout, values: global }, { round: String(round) }));
    this.#modelRound = round;
    this.#take(from);
  }

  /** Hands an event to the machine, and does what it commands. */
  deliver(input: RunInput): void {
    if (!this.#stopped) this.#take(advance(this.#context.plan, this.#state, input));
  }

  /** Looks at once whether there are enough clients, where the round waits for some. */
  clientCame(): void {
    if (this.#state.phase === 'selecting') this.#offerCandidates();
  }

  /** Ends without a word to the machine: the process goes down, the run is continued later. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.evaluations.cancel();
    this.#turns.end();
    await this.#publishing.catch(() => {});
  }

  /** What a client of the open round has to do; undefined: nothing. */
  taskFor(clientIndex: number): Task | undefined {
    const { phase, round, waiting } = this.#state;
    const model = this.#model;
    if (!model) return undefined;
    const evaluation = this.evaluations.taskFor(clientIndex);
    const trains = phase === 'training' && this.#work && waiting.includes(clientIndex);
    if (!trains && !evaluation) return undefined;
    const open = { round, work: this.#work?.work, model, deadlineAt: this.#deadlineAt };
    return clientTask(this.#context, open, evaluation, clientIndex);
  }

  /** The run cannot go on: its folder cannot be written. */
  fail(error: unknown): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.evaluations.cancel();
    this.#turns.end();
    this.#settle.reject(error);
  }

  /**
   * Refuses while nothing is folded: the process goes down, or the disk is full. Who asks again later is heard.
   *
   * @throws {Refusal} `unavailable`
   */
  checkOpen(): void {
    if (!this.#stopped) return;
    throw new Refusal('unavailable', 'the run does not go on here for now: come back later', {
      headers: { 'retry-after': '2' },
    });
  }

  /** What can be said of a report before it is read; undefined: it is awaited. */
  standing(clientIndex: number, round: number): Receipt | undefined {
    return standingOf(this.#state, clientIndex, round);
  }

  /** Waits until it is this client's turn to report, where the order counts. */
  turn(clientIndex: number, round: number, signal: AbortSignal): Promise<void> {
    if (!this.#context.deterministic || isTurn(this.#state, clientIndex, round)) return Promise.resolve();
    return this.#turns.wait(clientIndex, round, signal);
  }

  /**
   * Takes a whole update; `values` are free again when this returns.
   *
   * @throws {ShapeError} when it must not count.
   */
  receive(clientIndex: number, round: number, values: Float32Array, metadata: UpdateMetadata): Receipt {
    const { plan, global, maxUpdateNorm, recorder, release } = this.#context;
    this.checkOpen();
    const known = this.standing(clientIndex, round);
    if (known) return known;
    const { exampleCount } = metadata;
    checkExampleCount(exampleCount);
    if (maxUpdateNorm !== undefined) {
      checkUpdateNorm(values, plan.strategy.reports === 'params' ? global : undefined, maxUpdateNorm);
    }
    const next = advance(plan, this.#state, {
      type: 'update-arrived',
      round,
      clientId: clientIndex,
      weight: exampleCount,
    });
    const [first, ...others] = next.commands;
    if (first?.type !== 'fold') {
      this.#take(next);
      return { outcome: 'dropped', detail: 'the update is not needed: the round has enough' };
    }
    // At once: the memory that holds the update serves the next client after this one.
    fold(this.#sum, values, first.weight);
    recorder.trained(round, clientIndex, metadata);
    release([clientIndex]);
    this.activity.ended([clientIndex], 'done');
    this.#take({ state: next.state, commands: others });
    return { outcome: 'accepted', detail: `folded into the mean of round ${round}` };
  }

  /** A client of the round cannot or may not report: it said so, it vanished, or what it sent was wrong. */
  refuse(clientIndex: number, round: number, reason: string): void {
    if (this.#stopped || this.standing(clientIndex, round)) return;
    this.#context.recorder.failed(round, clientIndex, reason.replaceAll(CONTROLS, ' '));
    this.#context.release([clientIndex]);
    this.activity.ended([clientIndex], 'failed');
    this.deliver({ type: 'client-failed', round, clientId: clientIndex });
  }

  #take({ state, commands }: Transition): void {
    this.#state = state;
    for (const command of commands) this.#execute(command);
    this.#turns.look();
  }

  #execute(command: Command): void {
    const { recorder, release, global, plan } = this.#context;
    switch (command.type) {
      case 'delay':
        this.#after(command.delayMs, { type: 'delay-passed', round: command.round });
        break;
      case 'select':
        this.#selectingSince = this.#context.now();
        this.#offerCandidates();
        break;
      case 'assign':
        this.#assign(command);
        break;
      case 'dismiss':
        recorder.surplus(command.clientIds.length);
        release(command.clientIds);
        this.activity.ended(command.clientIds, 'late');
        break;
      case 'aggregate':
        writeMean(this.#sum, this.#mean);
        plan.strategy.apply(global, this.#mean, this.#context.serverState, command.round);
        break;
      case 'fail-round':
        recorder.failedRound(command.reason);
        break;
      case 'evaluate':
        clearTimeout(this.#timer);
        release(this.#state.failed);
        // Those who have failed before are that; the others had not answered at the deadline.
        this.activity.ended(this.#state.failed, 'late');
        this.#publishing = this.#publish(command.round).catch((error: unknown) => this.fail(error));
        break;
      case 'finish':
        this.#finish({ reason: command.reason, state: this.#state });
        break;
      case 'fold':
      case 'discard':
        break;
      default:
        command satisfies never;
    }
  }

  #assign(command: Command & { type: 'assign' }): void {
    const { recorder, engage, now } = this.#context;
    const { round, cohort, deadlineMs } = command;
    reset(this.#sum);
    this.#work = command;
    this.#deadlineAt = deadlineMs === undefined ? Number.POSITIVE_INFINITY : now() + deadlineMs;
    recorder.began(round, cohort, { goal: this.#state.goal, deadlineMs, availableCount: this.#available });
    this.activity.begin(round, cohort);
    this.#available = undefined;
    clearTimeout(this.#timer);
    if (deadlineMs !== undefined) this.#after(deadlineMs, { type: 'deadline-passed', round });
    engage(cohort);
  }

  /** One timer at a time: each phase waits for one thing. */
  #after(ms: number, input: RunInput): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.deliver(input), ms);
  }

  #offerCandidates(): void {
    const { phase, round } = this.#state;
    if (phase !== 'selecting' || this.#stopped) return;
    const { now } = this.#context;
    const candidates = this.#context.candidates();
    this.#available = candidates.length;
    this.deliver({
      type: 'candidates',
      round,
      candidates,
      waitedMs: now() - this.#selectingSince,
    });
    if (this.#state.phase !== 'selecting') return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#offerCandidates(), SELECTION_TICK_MS);
  }

  async #publish(round: number): Promise<void> {
    const { layout, global, recorder, plan } = this.#context;
    const bytes = encodeSafetensors({ layout, values: global }, { round: String(round) });
    this.#model = recorder.offer(bytes);
    this.#modelRound = round;
    const evaluated = recorder.isEvaluated(plan.stop, round, this.#state.progress);
    const { cohort } = this.#state;
    const found = evaluated ? await this.evaluations.evaluate(round, this.#model, cohort) : null;
    if (this.#stopped) return;
    const before = this.#state.progress?.elapsedMs ?? 0;
    await recorder.finished(round, bytes, found, this.#state, ({ wallMs }) => {
      this.deliver({ type: 'evaluated', round, metrics: found?.metrics ?? null, elapsedMs: before + wallMs });
      return this.#state.progress?.bestRound ?? round;
    });
  }

  /** Not before what is being written is written: whoever hears of the end closes the folder. */
  #finish(result: HostResult): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.evaluations.cancel();
    void this.#publishing.catch(() => {}).then(() => this.#settle.resolve(result));
  }
}
