-- Calls to other systems that facts of the log caused (integrations.queue). `key` is the idempotency key that is sent
-- along, derived from the event; `subject` is what the call is about, of which a kind that is `once` has one open call;
-- calls of a `lane` go one after another; `system` is the neighbour, whose breaker and room it counts for. `about` holds
-- ids, never anything personal. `owner`, `epoch`, `held_until`: who runs it; a finish with an older epoch is none.
create table integration_calls (
    id bigint generated always as identity primary key,
    kind text not null,
    key uuid not null unique,
    subject text not null,
    lane text not null,
    system text not null,
    once boolean not null,
    about jsonb not null,
    stream text not null,
    position bigint not null,
    event_id uuid not null,
    correlation_id text not null,
    state text not null default 'waiting' check (state in ('waiting', 'done', 'failed', 'dropped')),
    tries integer not null default 0,
    due timestamptz not null default clock_timestamp(),
    owner uuid,
    epoch integer not null default 0,
    held_until timestamptz,
    note text,
    at timestamptz not null default clock_timestamp(),
    ended timestamptz
) with (fillfactor = 70);

create index on integration_calls (due) where state = 'waiting';
create index on integration_calls (lane, id) where state = 'waiting';
create index on integration_calls (id) where state = 'failed';
create unique index on integration_calls (kind, subject) where once and state in ('waiting', 'failed');
create index on integration_calls (stream, id);

-- Each request that really went out, or could not: who talked to whom. Nothing of what was said.
create table integration_attempts (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    system text not null,
    what text not null,
    call bigint,
    method text not null,
    place text not null,
    status integer,
    seconds double precision not null,
    outcome text not null,
    error text
);

create index on integration_attempts (call) where call is not null;
create index on integration_attempts (at);

-- The same, counted since the beginning. In several rows so that processes do not wait for each other.
create table integration_counts (
    system text not null,
    outcome text not null,
    slot integer not null,
    total bigint not null,
    seconds double precision not null,
    primary key (system, outcome, slot)
) with (fillfactor = 50);
