/** Who takes part: clients that wait for approval, all others, and invitations. */
import { useState } from 'preact/hooks';
import { formatCount, formatPlural } from '../../../../src/format.js';
import type { ClientView, Page } from '../../../../src/server/control-messages.js';
import { ActButton } from '../parts/act-button.js';
import { ConfirmButton } from '../parts/confirm.js';
import { Loading, Notice } from '../parts/notice.js';
import { StatusBadge } from '../parts/status-badge.js';
import { ago } from '../parts/time.js';
import { ask } from '../state/api.js';
import { usePolled } from '../state/poll.js';
import { mayAct, overview } from '../state/session.js';
import { Invitations } from './invitations.js';

const ASK_EVERY_MS = 5000;
const MOST_SHOWN = 200;

const ENROLMENT = {
  open: 'Everybody who asks gets in.',
  approval: 'Clients with an invitation get in; others wait for approval.',
  invitation: 'Clients need an invitation.',
};

export function ClientsView() {
  const [status, setStatus] = useState('');
  const pending = usePolled<Page<ClientView>>(`/clients?status=pending&limit=${MOST_SHOWN}`, ASK_EVERY_MS);
  const listed = usePolled<Page<ClientView>>(
    `/clients?limit=${MOST_SHOWN}${status === '' ? '' : `&status=${status}`}`,
    ASK_EVERY_MS,
  );
  const refresh = () => {
    pending.refresh();
    listed.refresh();
  };
  const known = overview.value;
  if (!known) return <Loading what="clients" />;
  const waiting = pending.answer.value?.items ?? [];
  return (
    <>
      <div class="head">
        <div>
          <h1>Clients</h1>
          <p class="lead">{known.enrolment && ENROLMENT[known.enrolment]}</p>
        </div>
      </div>
      <dl class="tiles across4">
        <Tile name="Approved" value={known.clients.approved} detail="may take part" />
        <Tile name="Waiting" value={known.clients.pending} detail="for approval" />
        <Tile
          name="Present"
          value={known.present}
          detail={`${formatCount(known.openChannels)} wait for work`}
        />
        <Tile name="Revoked" value={known.clients.revoked} detail="never again" />
      </dl>
      {waiting.length > 0 && (
        <section aria-labelledby="waiting">
          <h2 id="waiting">Waiting for approval</h2>
          <ul class="cards">
            {waiting.map((client) => (
              <PendingClient key={client.index} client={client} onChange={refresh} />
            ))}
          </ul>
        </section>
      )}
      <section aria-labelledby="all-clients">
        <div class="head low">
          <h2 id="all-clients">All clients</h2>
          <label>
            <span class="sr">Status</span>
            <select value={status} onChange={(event) => setStatus(event.currentTarget.value)}>
              <option value="">All</option>
              <option value="approved">approved</option>
              <option value="pending">pending</option>
              <option value="revoked">revoked</option>
            </select>
          </label>
        </div>
        <ClientList page={listed.answer.value} onChange={refresh} />
      </section>
      <Invitations />
    </>
  );
}

function Tile({ name, value, detail }: { name: string; value: number; detail: string }) {
  return (
    <div class="tile">
      <dt>{name}</dt>
      <dd>
        <strong>{formatCount(value)}</strong>
        <span>{detail}</span>
      </dd>
    </div>
  );
}

interface OneClient {
  readonly client: ClientView;
  onChange(): void;
}

/** The key is what an operator compares with what the client's owner reads out. */
function PendingClient({ client, onChange }: OneClient) {
  const act = (action: string) => async () => {
    await ask(`/clients/${client.index}/${action}`, { method: 'POST' });
    onChange();
  };
  const about = nameOf(client);
  return (
    <li class="panel card">
      <div class="grow">
        <strong>{about}</strong>
        <p class="note">
          Key <code>{client.clientId}</code>
        </p>
        <p class="note">
          Population {client.population}, asked {ago(client.createdAt)}
          {attributesOf(client)}
        </p>
      </div>
      {mayAct.value && (
        <div class="actions">
          <ActButton label="Approve" look="primary small" about={about} act={act('approve')} />
          <RevokeButton label="Refuse" client={client} onChange={onChange} />
        </div>
      )}
    </li>
  );
}

function RevokeButton({ client, label, onChange }: OneClient & { label: string }) {
  const revoke = async () => {
    await ask(`/clients/${client.index}/revoke`, { method: 'POST' });
    onChange();
  };
  return (
    <ConfirmButton label={label} title={`${label} ${nameOf(client)}?`} look="danger" isSmall act={revoke}>
      <p>For good: its key never gets in again. A round that it is in the middle of goes on without it.</p>
    </ConfirmButton>
  );
}

function ClientList({ page, onChange }: { page: Page<ClientView> | undefined; onChange(): void }) {
  if (!page) return <Loading what="clients" />;
  if (page.items.length === 0) {
    return (
      <Notice title="No clients here">
        <p>
          A client joins with <code>tessera client --server {location.origin} --data …</code>
        </p>
      </Notice>
    );
  }
  return (
    <>
      <div class="panel table-panel">
        <table class="list">
          <caption class="sr">Clients in the order of enrolment</caption>
          <thead>
            <tr>
              <th scope="col">Client</th>
              <th scope="col">Status</th>
              <th scope="col" class="wide-only">
                Population
              </th>
              <th scope="col" class="wide-only">
                Doing
              </th>
              <th scope="col" class="not-phone">
                Last seen
              </th>
              {mayAct.value && (
                <th scope="col">
                  <span class="sr">Actions</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {page.items.map((client) => (
              <tr key={client.index}>
                <th scope="row">
                  {nameOf(client)}
                  <small class="key" title={client.clientId}>
                    {client.clientId.slice(0, 12)}…{attributesOf(client)}
                  </small>
                </th>
                <td>
                  <StatusBadge status={client.status} />
                </td>
                <td class="wide-only">{client.population}</td>
                <td class="wide-only">
                  {client.busyWith ? `trains ${client.busyWith}` : client.present ? 'waits for work' : 'away'}
                </td>
                <td class="not-phone">{ago(client.lastSeenAt)}</td>
                {mayAct.value && (
                  <td class="num">
                    {client.status === 'approved' && (
                      <RevokeButton label="Revoke" client={client} onChange={onChange} />
                    )}
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {page.next !== null && (
        <p class="note">
          The first {formatPlural(page.items.length, 'client')}; <code>tessera clients list</code> shows all.
        </p>
      )}
    </>
  );
}

function nameOf({ name, index }: ClientView): string {
  return name === '' ? `client ${index}` : name;
}

function attributesOf({ attributes }: ClientView): string {
  return Object.entries(attributes)
    .map(([name, value]) => `, ${name} ${value}`)
    .join('');
}
