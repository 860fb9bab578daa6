-- Deliveries, their frozen payloads and the ledger of attempts. All three are cut by delivery id into partitions of the
-- same ranges, so that old ones go together.

-- The last delivery id given. Its row lock makes the ids appear in the order of commits: who reads by id skips nothing.
create table webhook_counter (
    one boolean primary key default true check (one),
    last_id bigint not null default 0,
    partition_size bigint not null default 1000000
) with (fillfactor = 50);
insert into webhook_counter default values;

-- What is sent, frozen: compressed, and sealed with the customer's key `key` where it is about an order. `id` is that of
-- the first delivery that sends it.
create table webhook_payloads (
    id bigint not null,
    key text,
    order_number text,
    content bytea not null,
    primary key (id)
) partition by range (id);
create index on webhook_payloads (order_number);

-- One message to one endpoint. `lane`: what is sent in order (by config.order_mode). States: pending, delivered, dead
-- (its tries are used up), dropped (its subscription was removed first).
create table webhook_deliveries (
    id bigint not null,
    endpoint integer not null,
    lane text collate "C" not null,
    payload bigint not null,
    uuid uuid not null,
    previous uuid,
    event_type text not null,
    kind text not null,
    object_id bigint not null,
    sequence integer not null,
    position bigint not null,
    at timestamptz not null,
    state text not null default 'pending' check (state in ('pending', 'delivered', 'dead', 'dropped')),
    tries integer not null default 0,
    next_try_at timestamptz,
    made_at timestamptz not null default clock_timestamp(),
    changed_at timestamptz not null default clock_timestamp(),
    primary key (id)
) partition by range (id);
create index on webhook_deliveries (endpoint, id) where state = 'pending';
create index on webhook_deliveries (endpoint, lane, id) where state = 'pending';
create index on webhook_deliveries (endpoint) where state = 'pending' and tries > 0;
create index on webhook_deliveries (id) where state = 'dead';
create index on webhook_deliveries (uuid);
create index on webhook_deliveries (kind, object_id);

-- Every attempt, also those whose sender was no longer the owner. What was sent is the delivery's message; `headers` with
-- secrets masked; `answer` compressed, sealed as the payload. A class is 2xx … 5xx or error.
create table webhook_attempts (
    delivery bigint not null,
    id uuid not null,
    endpoint integer not null,
    nth integer not null,
    at timestamptz not null,
    seconds real not null,
    url text not null,
    headers jsonb not null,
    address text,
    status integer,
    error text,
    answer bytea,
    forced boolean not null default false,
    primary key (delivery, id)
) partition by range (delivery);

-- The message before it, of an endpoint and object.
create table webhook_lasts (
    endpoint integer not null,
    kind text not null,
    object_id bigint not null,
    uuid uuid not null,
    primary key (endpoint, kind, object_id)
) with (fillfactor = 80);

-- Secrets of a subscription, one sealed JSON: secret_key, the old one while it is rotated, headers, auth.
create table webhook_secrets (
    endpoint integer primary key,
    version integer not null default 1,
    key text not null,
    sealed bytea not null,
    changed_at timestamptz not null default now()
);

-- Which sender owns which share of the endpoints (id modulo the number of shards), until when. Each new owner raises the
-- epoch; marks name the epoch they were made under.
create table webhook_shards (
    shard integer primary key,
    owner uuid,
    epoch bigint not null default 0,
    until timestamptz not null default '-infinity'
) with (fillfactor = 50);

-- The senders that are alive, so that each takes its part.
create table webhook_senders (
    owner uuid primary key,
    until timestamptz not null
) with (fillfactor = 50);

-- Attempts by class since the beginning, in several rows a class so that senders do not wait for each other.
create table webhook_counts (
    class text not null,
    slot integer not null,
    total bigint not null,
    primary key (class, slot)
) with (fillfactor = 50);

-- Attempts into the ledger, and their classes counted. `answer` is base64.
create function tell_webhook_attempts_v1(attempts jsonb, in_slot integer) returns void language sql as $$
    insert into webhook_attempts
           (delivery, id, endpoint, nth, at, seconds, url, headers, address, status, error, answer, forced)
    select delivery, id, endpoint, nth, at, seconds, url, headers, address, status, error, decode(answer, 'base64'), forced
      from jsonb_to_recordset(attempts)
        as a (delivery bigint, id uuid, endpoint int, nth int, at timestamptz, seconds real, url text, headers jsonb,
              address text, status int, error text, answer text, forced boolean)
    on conflict do nothing;
    insert into webhook_counts (class, slot, total)
    select class, in_slot, count(*) from jsonb_to_recordset(attempts) as a (class text) group by class
    on conflict (class, slot) do update set total = webhook_counts.total + excluded.total;
$$;

-- Makes the partitions that hold delivery `wanted`, if they are not there. Attached, not created in place: senders go on.
create function make_webhook_partitions_v1(wanted bigint) returns void language plpgsql as $$
declare
    size bigint := (select partition_size from webhook_counter);
    low bigint := ((greatest(wanted, 1) - 1) / size) * size + 1;
    parent text;
    name text;
begin
    foreach parent in array array['webhook_payloads', 'webhook_deliveries', 'webhook_attempts'] loop
        name := parent || '_from_' || low;
        continue when to_regclass(name) is not null;
        execute format('create table %I (like %I including all) with (fillfactor = 80)', name, parent);
        execute format('alter table %I attach partition %I for values from (%s) to (%s)', parent, name, low, low + size);
    end loop;
end $$;
select make_webhook_partitions_v1(1);
