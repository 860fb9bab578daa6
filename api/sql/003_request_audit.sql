-- Every request that was to change something: who, from where, what, with which outcome. A record of its own beside the
-- log, kept for its retention time and dropped by the month.
create table request_audit (
    id bigint generated always as identity,
    at timestamptz not null,
    uuid uuid not null,
    request_id text not null,
    user_id bigint not null,
    username text not null,
    remote_addr text not null,
    method text not null,
    path text not null,
    content_type text not null,
    object_id text not null,
    status smallint not null,
    data json not null
) partition by range (at);

-- Makes the partition of a month, if it is not there. Several processes may ask at once.
create function request_audit_month_v1(wanted timestamptz) returns void language plpgsql as $$
declare
    low timestamptz := date_trunc('month', wanted at time zone 'UTC') at time zone 'UTC';
    high timestamptz := (date_trunc('month', wanted at time zone 'UTC') + interval '1 month') at time zone 'UTC';
    name text := 'request_audit_' || to_char(wanted at time zone 'UTC', 'YYYY_MM');
begin
    if to_regclass(name) is not null then return; end if;
    perform pg_advisory_xact_lock(7101, 71);
    if to_regclass(name) is not null then return; end if;
    execute format('create table %I partition of request_audit for values from (%L) to (%L)', name, low, high);
    execute format('create unique index on %I (id)', name);
    execute format('create index on %I (username, id)', name);
    execute format('create index on %I (content_type, object_id, id)', name);
    execute format('create index on %I (request_id)', name);
end $$;
