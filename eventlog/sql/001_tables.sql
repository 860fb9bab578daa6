-- The log and what guards it. Every table of this room; nothing else may write them.

-- Where the log ends: position, time and hash of its last event. One row, changed under the append lock only.
-- `partition_size`: positions a partition of the log; `epoch` grows with every fail-over or restore.
create table head (
    one boolean primary key default true check (one),
    position bigint not null default 0,
    at timestamptz not null default '2000-01-01 00:00:00+00',
    hash bytea not null default decode(repeat('00', 32), 'hex'),
    epoch bigint not null default 1,
    partition_size bigint not null default 5000000
) with (fillfactor = 50);
insert into head default values;

-- The events, in the order they became true. `data` is the fact as JSON text, `hash` chains it to the one before.
create table log (
    position bigint not null,
    at timestamptz not null,
    version integer not null,
    stream text collate "C" not null,
    topic text not null,
    actor text not null,
    command text not null,
    command_id uuid not null,
    correlation_id text not null,
    causation_id text not null,
    data text not null,
    hash bytea not null,
    primary key (position)
) partition by range (position);

-- The head of each stream: its version is gapless because only append_v1 moves it, under the append lock.
create table streams (
    stream text collate "C" primary key,
    version integer not null check (version > 0),
    last_position bigint not null
) with (fillfactor = 85);

-- What each command wrote: asked again, it is answered the same and never written twice.
create table commands (
    command_id uuid primary key,
    first_position bigint not null,
    last_position bigint not null,
    at timestamptz not null
);

-- Keys that may be taken once: idempotency keys (pruned by age) and natural keys such as an order's number (forever).
create table claims (
    key text collate "C" primary key,
    fingerprint text not null,
    answer bytea,
    position bigint not null,
    at timestamptz not null,
    forever boolean not null
);

-- Guard: stock known and reserved of a SKU at a location (domain.guards.StockRow).
create table availability (
    location integer not null,
    sku text collate "C" not null,
    known numeric not null,
    reserved bigint not null constraint reserved_not_negative check (reserved >= 0),
    asked_at timestamptz,
    moved bigint not null,
    moved_at timestamptz,
    settle integer not null,
    frozen_until timestamptz,
    primary key (location, sku)
) with (fillfactor = 70);

-- Guard: quota slots held at a location (domain.guards.SlotRow).
create table capacity (
    location integer primary key,
    quota integer not null constraint quota_not_negative check (quota >= 0),
    max_quota integer
) with (fillfactor = 50);

-- How far each follower is. The first two columns are those of eventsourcing's PostgresTrackingRecorder.
create table followers (
    application_name text primary key,
    notification_id bigint not null,
    epoch bigint not null default 0,
    saved_at timestamptz not null default now()
) with (fillfactor = 50);

-- The customers' data keys, wrapped by the installation's secret. `subject` is an HMAC, never the e-mail itself.
create table customer_keys (
    key text primary key,
    subject bytea unique,
    wrapped bytea,
    made_at timestamptz not null default now(),
    forgotten_at timestamptz
);

-- Makes the partition that holds `position`, if it is not there. Attached, not created in place: readers go on.
create function make_partition_v1(wanted bigint) returns void language plpgsql as $$
declare
    size bigint := (select partition_size from head);
    low bigint := ((greatest(wanted, 1) - 1) / size) * size + 1;
    name text := 'log_from_' || low;
begin
    if to_regclass(name) is not null then return; end if;
    execute format('create table %I (like log including all)', name);
    execute format('create unique index %I on %I (stream, version)', name || '_stream', name);
    execute format('alter table log attach partition %I for values from (%s) to (%s)', name, low, low + size);
end $$;
select make_partition_v1(1);
