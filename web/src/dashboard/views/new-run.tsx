/** A form that starts a run. What is wrong is the server's to say: its sentence stands at the field that it names. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { RunOverview } from '../../../../src/server/control-messages.js';
import { ask, sentenceOf } from '../state/api.js';
import { go } from '../state/place.js';
import { hrefOf } from '../state/route.js';
import { overview } from '../state/session.js';
import { FIELDS, type FieldName, fieldOf, settingsFrom } from './new-run-fields.js';

interface Problem {
  readonly field: FieldName | undefined;
  readonly sentence: string;
}

export function NewRunView() {
  const form = useRef<HTMLFormElement>(null);
  const [problem, setProblem] = useState<Problem | undefined>();
  const [isBusy, setBusy] = useState(false);
  const [hasData, setHasData] = useState(true);
  const known = overview.value;
  useEffect(() => {
    if (!problem) return;
    const place = problem.field && form.current?.elements.namedItem(problem.field);
    if (place instanceof HTMLElement) place.focus();
  }, [problem]);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!form.current) return;
    setBusy(true);
    setProblem(undefined);
    try {
      const settings = settingsFrom(new FormData(form.current));
      const run = await ask<RunOverview>('/runs', { method: 'POST', body: settings });
      go({ page: 'run', runId: run.runId, section: 'overview' });
    } catch (error) {
      const sentence = sentenceOf(error);
      setProblem({ field: fieldOf(sentence), sentence });
      setBusy(false);
    }
  };
  const field = (name: FieldName, more: Partial<FieldProps> = {}) => (
    <Field
      key={name}
      name={name}
      {...FIELDS[name]}
      {...more}
      problem={problem?.field === name ? problem.sentence : undefined}
    />
  );
  return (
    <>
      <div class="head">
        <div>
          <p class="crumb">
            <a href={hrefOf({ page: 'runs' })}>Runs</a>
          </p>
          <h1>New run</h1>
          <p class="lead">What is left empty has its default. Files are the server's.</p>
        </div>
      </div>
      <form class="panel run-form" ref={form} onSubmit={submit} noValidate>
        {problem && problem.field === undefined && (
          <p class="problem" role="alert">
            {problem.sentence}
          </p>
        )}
        <fieldset>
          <legend>What is learned</legend>
          <div class="fields">
            {field('name')}
            {field('title')}
            {field('model', { choices: known?.models ?? [] })}
            {field('data', {
              choices: known?.datasets ?? [],
              onInput: (value) => setHasData(value.trim() !== ''),
            })}
          </div>
          {!hasData && (
            <>
              <p class="note">
                The server has no data then: say what that of the clients is, and they evaluate on what they
                hold out.
              </p>
              <div class="fields">
                {field('task')}
                {field('featureShape')}
                {field('classCount')}
              </div>
            </>
          )}
        </fieldset>
        <fieldset>
          <legend>Rounds</legend>
          <div class="fields">
            {field('rounds')}
            {field('cohort')}
            {field('overSelection')}
            {field('population')}
          </div>
        </fieldset>
        <fieldset>
          <legend>Training on each client</legend>
          <div class="fields">
            {field('learningRate')}
            {field('localEpochs')}
            {field('batchSize')}
            {field('optimizer')}
          </div>
        </fieldset>
        <fieldset>
          <legend>Everything else</legend>
          {field('rest')}
        </fieldset>
        <div class="actions end">
          <a class="button" href={hrefOf({ page: 'runs' })}>
            Cancel
          </a>
          <button type="submit" class="button primary" disabled={isBusy}>
            {isBusy ? 'Starting …' : 'Start the run'}
          </button>
        </div>
      </form>
    </>
  );
}

interface FieldProps {
  readonly name: FieldName;
  readonly label: string;
  readonly hint: ComponentChildren;
  readonly value?: string;
  readonly numeric?: boolean;
  readonly lines?: number;
  /** What is offered; with `only` nothing else may be said. */
  readonly choices?: readonly string[];
  readonly only?: boolean;
  readonly problem?: string | undefined;
  onInput?(value: string): void;
}

function Field({
  name,
  label,
  hint,
  value = '',
  numeric,
  lines,
  choices,
  only,
  problem,
  onInput,
}: FieldProps) {
  const described = {
    name,
    id: `field-${name}`,
    'aria-describedby': problem ? `problem-${name} hint-${name}` : `hint-${name}`,
    ...(problem ? { 'aria-invalid': 'true' as const } : {}),
    spellcheck: false,
    autocomplete: 'off' as const,
    onInput: (event: Event) => onInput?.((event.target as HTMLInputElement).value),
  };
  return (
    <div class={`field${lines ? ' full' : ''}`}>
      <label for={described.id}>{label}</label>
      {lines ? (
        <textarea {...described} rows={lines} defaultValue={value} />
      ) : only ? (
        <select {...described} defaultValue={value}>
          {(choices ?? []).map((one) => (
            <option key={one} value={one}>
              {one === '' ? 'default' : one}
            </option>
          ))}
        </select>
      ) : (
        <input
          {...described}
          type="text"
          defaultValue={value}
          inputMode={numeric ? 'decimal' : 'text'}
          list={choices ? `choices-${name}` : undefined}
        />
      )}
      {choices && !only && (
        <datalist id={`choices-${name}`}>
          {choices.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
      {problem && (
        <p class="problem" id={`problem-${name}`} role="alert">
          {problem}
        </p>
      )}
      <p class="hint" id={`hint-${name}`}>
        {hint}
      </p>
    </div>
  );
}
