-- Endpoints whose last try did not arrive; one that arrives takes its row away. `open`: the breaker is. `next_probe`:
-- nothing is tried before.
create table webhook_health (
    endpoint integer primary key,
    failing_since timestamptz not null,
    failures integer not null,
    open boolean not null,
    next_probe timestamptz,
    changed_at timestamptz not null default clock_timestamp()
) with (fillfactor = 50);

-- How long things took, as counts up to bounds: `latency` from the event to the first try, `response` of each try. In
-- several rows a bound so that senders do not wait for each other. The last bound is infinity.
create table webhook_times (
    what text not null,
    bound double precision not null,
    slot integer not null,
    total bigint not null,
    seconds double precision not null,
    primary key (what, bound, slot)
) with (fillfactor = 50);

-- What one endpoint got, in order: for the ledger, replays and who pulls.
create index on webhook_deliveries (endpoint, id);

create function count_webhook_times_v1(attempts jsonb, in_slot integer) returns void language sql as $$
    insert into webhook_times (what, bound, slot, total, seconds)
    select what, bound, in_slot, count(*), sum(took)
      from (select what, took, (select min(b) from unnest(array[.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 15, 60,
                                                                 'infinity']::float8[]) b where took <= b) as bound
              from jsonb_to_recordset(attempts) as a (seconds float8, latency float8)
              cross join lateral (values ('response', seconds), ('latency', greatest(latency, 0))) t (what, took)
             where took is not null) measured
     group by what, bound
    on conflict (what, bound, slot) do update
        set total = webhook_times.total + excluded.total, seconds = webhook_times.seconds + excluded.seconds;
$$;
