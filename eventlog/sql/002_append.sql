-- Appending. `write_v1` writes a batch of decisions all or nothing, set by set; `append_v1` calls it for the whole batch
-- and, where anything refuses, for each decision alone, so that each is accepted or refused on its own.
--
-- A decision, as JSON: {"c": command id, "a": actor, "k": command, "r": correlation id, "u": causation id,
--   "n": number of events,
--   "s": [{"s": stream, "x": expected version or null, "n": events for it}],
--   "e": [{"s": stream, "i": which of "s", counted from 0, "o": offset from its base version, "t": topic, "d": data, "h": digest (hex)}],
--   "q": [{"l": location, "s": sku, "r": reserve, "m": move, "v": level, "t": asked at, "g": settle, "p": push, "f": freeze, "c": checked, "n": margin}],
--   "t": [{"l": location, "n": slots, "x": sets max, "q": max quota, "c": checked}],
--   "m": [{"k": key, "f": fingerprint, "a": answer (hex) or null, "e": forever}]}

-- Refusals raised here: OM001 version clash, OM002 claim taken, OM003 short of stock, OM004 short of slots,
-- OM005 the command was written before. A value the tables cannot hold raises what PostgreSQL raises.

-- One link of the hash chain; as an aggregate it runs along the batch. `seed` is the hash before the batch.
create function chain_link_v1(state bytea, link bytea, seed bytea) returns bytea language plpgsql immutable parallel safe as $$
begin
    return sha256(coalesce(state, seed) || link);
end $$;
create aggregate chain_v1(link bytea, seed bytea) (sfunc = chain_link_v1, stype = bytea);

-- The stock guards of a batch at time `now`. Effects on one row are cut into segments: a level begins a new one, what
-- follows without a level adds up; `need` is what known − reserved must be before a segment so that each of its checks
-- holds, `floor` the lowest sum of its reservations. Round after round applies the next segment of every row.
create function guard_stock_v1(decisions json, now timestamptz) returns void language plpgsql as $$
declare
    rounds json[];
    round json;
    wanted int;
    written int;
    negative int;
begin
    with effect as (
        select d.ord as decision, e.ord, e.l, e.s, coalesce(e.r, 0) r, coalesce(e.m, 0) m, e.v, e.t, coalesce(e.g, 0) g,
               coalesce(e.p, false) p, coalesce(e.f, 0) f, coalesce(e.c, false) c, coalesce(e.n, 0) n,
               count(e.v) over (partition by e.l, e.s order by d.ord, e.ord rows unbounded preceding)::int as segment
          from rows from (json_to_recordset(decisions) as (q json)) with ordinality as d(q, ord)
         cross join lateral rows from (json_to_recordset(d.q) as (l int, s text, r bigint, m bigint, v numeric, t timestamptz,
               g int, p bool, f int, c bool, n bigint)) with ordinality as e(l, s, r, m, v, t, g, p, f, c, n, ord)
         where d.q is not null),
    running as (
        select *, sum(r) over w as reserved_to, sum(m) over w as moved_to
          from effect window w as (partition by l, s, segment order by decision, ord rows unbounded preceding)),
    merged as (
        select l, s, segment, max(v) as v, max(t) filter (where v is not null) as t, coalesce(max(g) filter (where v is not null), 0) as g,
               coalesce(bool_or(p) filter (where v is not null), false) as p, coalesce(max(f) filter (where v is not null), 0) as f,
               sum(r)::bigint as r, min(reserved_to)::bigint as floor, sum(m)::bigint as m, bool_or(m <> 0) as moves,
               max(n + reserved_to - moved_to) filter (where c and r > 0) as need
          from running group by l, s, segment)
    select array_agg(r.rows order by r.segment) into rounds
      from (select one.segment, json_agg(one) as rows from merged one group by one.segment) r;

    foreach round in array coalesce(rounds, '{}') loop
        with now_at as (
            select g.*, coalesce(b.known, 0) as known, coalesce(b.reserved, 0) as reserved, b.asked_at,
                   coalesce(b.moved, 0) as moved, b.moved_at, coalesce(b.settle, 0) as settle, b.frozen_until,
                   g.v is not null and (g.p or g.t is null or (g.t >= coalesce(b.asked_at, '-infinity')
                                                               and g.t >= coalesce(b.frozen_until, '-infinity'))) as believed,
                   b.moved_at is not null and coalesce(g.t, now) < b.moved_at + make_interval(secs => g.g) as unsettled
              from json_to_recordset(round) as g(l int, s text, v numeric, t timestamptz, g int, p bool, f int,
                                                    r bigint, floor bigint, m bigint, moves bool, need numeric)
              left join availability b on b.location = g.l and b.sku = g.s),
        levelled as (
            select l, s, r, floor, m, moves, need, reserved,
                   case when believed then v + case when unsettled then moved else 0 end else known end as known,
                   case when believed then coalesce(t, now) else asked_at end as asked_at,
                   case when believed and not unsettled then 0 else moved end as moved,
                   case when believed and not unsettled then null else moved_at end as moved_at,
                   case when believed then g else settle end as settle,
                   case when believed then case when f <> 0 then now + make_interval(secs => f) end else frozen_until end as frozen_until
              from now_at),
        applied as (
            insert into availability (location, sku, known, reserved, asked_at, moved, moved_at, settle, frozen_until)
            select l, s, known + m, reserved + r, asked_at,
                   case when not moves then moved
                        when moved_at is null or now > moved_at + make_interval(secs => settle) then m else moved + m end,
                   case when moves then now else moved_at end, settle, frozen_until
              from levelled
             where (need is null or known - reserved >= need) and reserved + floor >= 0
                on conflict (location, sku) do update set known = excluded.known, reserved = excluded.reserved,
                   asked_at = excluded.asked_at, moved = excluded.moved, moved_at = excluded.moved_at,
                   settle = excluded.settle, frozen_until = excluded.frozen_until
            returning 1)
        select (select count(*) from levelled), (select count(*) from applied),
               (select count(*) from levelled where reserved + floor < 0) into wanted, written, negative;
        if written < wanted then
            if negative > 0 then raise exception 'reserved would be negative' using errcode = '23514'; end if;
            raise exception 'short of stock' using errcode = 'OM003';
        end if;
    end loop;
end $$;

-- The quota guards of a batch, in the same way: a new maximum begins a segment.
create function guard_slots_v1(decisions json) returns void language plpgsql as $$
declare
    rounds json[];
    round json;
    wanted int;
    written int;
    negative int;
begin
    with effect as (
        select d.ord as decision, e.ord, e.l, coalesce(e.n, 0) n, coalesce(e.x, false) x, e.q, coalesce(e.c, false) c,
               (count(*) filter (where e.x) over (partition by e.l order by d.ord, e.ord rows unbounded preceding))::int as segment
          from rows from (json_to_recordset(decisions) as (t json)) with ordinality as d(t, ord)
         cross join lateral rows from (json_to_recordset(d.t) as (l int, n int, x bool, q int, c bool)) with ordinality as e(l, n, x, q, c, ord)
         where d.t is not null),
    running as (
        select *, sum(n) over (partition by l, segment order by decision, ord rows unbounded preceding) as held_to from effect),
    merged as (
        select l, segment, bool_or(x) as x, max(q) filter (where x) as q, sum(n)::bigint as n, min(held_to)::bigint as floor,
               max(held_to - n) filter (where c and n > 0) as before
          from running group by l, segment)
    select array_agg(r.rows order by r.segment) into rounds
      from (select one.segment, json_agg(one) as rows from merged one group by one.segment) r;

    foreach round in array coalesce(rounds, '{}') loop
        with current as (
            select g.l, g.n, g.floor, g.before, coalesce(b.quota, 0) as quota, case when g.x then g.q else b.max_quota end as max_quota
              from json_to_recordset(round) as g(l int, x bool, q int, n bigint, floor bigint, before bigint)
              left join capacity b on b.location = g.l),
        applied as (
            insert into capacity (location, quota, max_quota)
            select l, quota + n, max_quota from current
             where (before is null or max_quota - quota - before >= 1) and quota + floor >= 0
                on conflict (location) do update set quota = excluded.quota, max_quota = excluded.max_quota
            returning 1)
        select (select count(*) from current), (select count(*) from applied),
               (select count(*) from current where quota + floor < 0) into wanted, written, negative;
        if written < wanted then
            if negative > 0 then raise exception 'quota would be negative' using errcode = '23514'; end if;
            raise exception 'short of slots' using errcode = 'OM004';
        end if;
    end loop;
end $$;

-- Writes a batch, all of it or (by raising) nothing. The append lock is held by the caller, so what is read here cannot
-- change before it is written. Gives the position and time before and after, and the base version of each row of "s".
create function write_v1(decisions json, out first_position bigint, out last_position bigint, out at timestamptz, out bases int[])
language plpgsql as $$
#variable_conflict use_column
declare
    seed bytea;
    holds boolean;
    amount bigint;
    offsets bigint[];
    places int[];
    last_hash bytea;
    claimed bigint;
    wanted bigint;
    has_stock boolean;
    has_slots boolean;
    size bigint;
begin
    select h.position, greatest(h.at, clock_timestamp()), h.hash, h.partition_size into first_position, at, seed, size from head h;

    -- who is in the batch, how many events each brings, where its streams stand among all
    select array_agg(w.before order by w.ord), array_agg(w.place order by w.ord), max(w.before + w.n), bool_or(w.stock), bool_or(w.slots), sum(w.claims)
      into offsets, places, amount, has_stock, has_slots, wanted
      from (select d.ord, d.n, d.q is not null as stock, d.t is not null as slots, coalesce(json_array_length(d.m), 0) as claims,
                   coalesce(sum(d.n) over w, 0)::bigint as before, coalesce(sum(json_array_length(d.s)) over w, 0)::int as place
              from rows from (json_to_recordset(decisions) as (n int, s json, q json, t json, m json)) with ordinality as d(n, s, q, t, m, ord)
            window w as (order by d.ord rows between unbounded preceding and 1 preceding)) w;
    last_position := first_position + amount;

    insert into commands (command_id, first_position, last_position, at)
    select d.c, write_v1.first_position + offsets[d.ord] + 1, write_v1.first_position + offsets[d.ord] + d.n, write_v1.at
      from rows from (json_to_recordset(decisions) as (c uuid, n int)) with ordinality as d(c, n, ord)
        on conflict do nothing;
    get diagnostics claimed = row_count;
    if claimed < array_length(offsets, 1) then raise exception 'written before' using errcode = 'OM005'; end if;

    if wanted > 0 then
        insert into claims (key, fingerprint, answer, position, at, forever)
        select m.k, m.f, decode(m.a, 'hex'), write_v1.first_position + offsets[d.ord] + d.n, write_v1.at, m.e
          from rows from (json_to_recordset(decisions) as (n int, m json)) with ordinality as d(n, m, ord)
         cross join lateral json_to_recordset(d.m) as m(k text, f text, a text, e bool)
         where d.m is not null
            on conflict do nothing;
        get diagnostics claimed = row_count;
        if claimed < wanted then raise exception 'claim taken' using errcode = 'OM002'; end if;
    end if;

    -- versions: each row of "s" stands on the stream's head and what the rows before it in the batch add
    select coalesce(array_agg(b.base order by b.decision, b.ord), '{}'), bool_and(b.x is null or b.x = b.base) into bases, holds
      from (select d.ord as decision, s.ord, s.x,
                   (coalesce(h.version, 0) + coalesce(sum(s.n) over (partition by s.s order by d.ord, s.ord
                                                                    rows between unbounded preceding and 1 preceding), 0))::int as base
              from rows from (json_to_recordset(decisions) as (s json)) with ordinality as d(s, ord)
             cross join lateral rows from (json_to_recordset(d.s) as (s text, x int, n int)) with ordinality as s(s, x, n, ord)
              left join streams h on h.stream = s.s) b;
    if not holds then raise exception 'version clash' using errcode = 'OM001'; end if;

    insert into streams as h (stream, version, last_position)
    select s, max(version), max(position)
      from (select s.s, bases[places[d.ord] + s.ord] + s.n as version, write_v1.first_position + offsets[d.ord] + d.n as position
              from rows from (json_to_recordset(decisions) as (n int, s json)) with ordinality as d(n, s, ord)
             cross join lateral rows from (json_to_recordset(d.s) as (s text, x int, n int)) with ordinality as s(s, x, n, ord)
             where s.n > 0) b
     group by s
        on conflict (stream) do update set version = excluded.version, last_position = excluded.last_position;

    if has_stock then perform guard_stock_v1(decisions, at); end if;
    if has_slots then perform guard_slots_v1(decisions); end if;

    if amount > 0 then
        with event as (
            select write_v1.first_position + offsets[d.ord] + e.ord as position, bases[places[d.ord] + e.i + 1] + e.o as version,
                   e.s, e.t, d.a, d.k, d.c, d.r, d.u, e.d, e.h
              from rows from (json_to_recordset(decisions) as (a text, k text, c uuid, r text, u text, e json))
                   with ordinality as d(a, k, c, r, u, e, ord)
             cross join lateral rows from (json_to_recordset(d.e) as (s text, i int, o int, t text, d text, h text))
                   with ordinality as e(s, i, o, t, d, h, ord)),
        stored as (
            insert into log (position, at, version, stream, topic, actor, command, command_id, correlation_id, causation_id, data, hash)
            select position, write_v1.at, version, s, t, a, k, c, r, u, d,
                   chain_v1(decode(h, 'hex') || int8send(position) || int4send(version) || timestamptz_send(write_v1.at), seed)
                       over (order by position rows unbounded preceding)
              from event
            returning log.position, log.hash)
        select hash into last_hash from stored where stored.position = write_v1.last_position;
        update head set position = write_v1.last_position, at = write_v1.at, hash = last_hash;
        if first_position / (size / 2) <> last_position / (size / 2) then perform make_partition_v1(last_position + size); end if;
    end if;
end $$;

-- What a refused decision ran into, as its writer needs it: the versions, the claim, the guard rows, as they stand.
create function refusal_v1(decision json, state text, message text) returns json language plpgsql as $$
begin
    return (select (case state
        when 'OM001' then json_build_object('refused', 'version', 'versions', (
            select json_object_agg(s.s, coalesce(h.version, 0)) from json_to_recordset(decision -> 's') as s(s text)
              left join streams h on h.stream = s.s))
        when 'OM002' then json_build_object('refused', 'claim', 'claim', (
            select json_build_object('key', c.key, 'fingerprint', c.fingerprint, 'answer', encode(c.answer, 'hex'), 'position', c.position)
              from rows from (json_to_recordset(decision -> 'm') as (k text)) with ordinality as m(k, ord)
              join claims c on c.key = m.k order by m.ord limit 1))
        when 'OM005' then (
            select json_build_object('repeated', true, 'first', c.first_position, 'last', c.last_position, 'at', c.at, 'versions', (
                select json_object_agg(v.stream, v.version) from (select stream, max(version) as version from log
                  where position between c.first_position and c.last_position group by stream) v))
              from commands c where c.command_id = (decision ->> 'c')::uuid)
        when 'OM003' then json_build_object('refused', 'short')
        when 'OM004' then json_build_object('refused', 'short')
        else json_build_object('refused', 'poison', 'message', message) end::jsonb ||
      case when state in ('OM003', 'OM004') then jsonb_build_object('at', clock_timestamp(), 'stock', (
            select coalesce(jsonb_agg(to_jsonb(a)), '[]') from availability a where (a.location, a.sku) in (
                select q.l, q.s from json_to_recordset(coalesce(decision -> 'q', '[]')) as q(l int, s text))), 'slots', (
            select coalesce(jsonb_agg(to_jsonb(c)), '[]') from capacity c where c.location in (
                select t.l from json_to_recordset(coalesce(decision -> 't', '[]')) as t(l int)))) else '{}' end)::json);
end $$;

-- Appends a batch under the append lock: at once where nothing refuses, else each decision in a subtransaction of its own
-- (at most 64, more would spill PostgreSQL's subtransaction cache; the rest is answered 'later' and sent again).
-- The plans are fixed ones by index: made while a table was empty they stay right when it has grown.
create function append_v1(decisions json, out first_position bigint, out at timestamptz, out bases int[], out results json[])
language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
declare
    decision json;
    written record;
    state text;
    message text;
    done int := 0;
begin
    perform pg_advisory_xact_lock(7101, 1);
    begin
        select * into written from write_v1(decisions);
        first_position := written.first_position;
        at := written.at;
        bases := written.bases;
        if written.last_position > written.first_position then perform pg_notify('eventlog', written.last_position::text); end if;
        return;
    exception when others then
        get stacked diagnostics state = returned_sqlstate;
        if left(state, 2) not in ('OM', '22', '23', '54') then raise; end if;
    end;
    for decision in select json_array_elements(decisions) loop
        done := done + 1;
        if done > 64 then
            results := results || json_build_object('later', true);
            continue;
        end if;
        begin
            select * into written from write_v1(json_build_array(decision));
            results := results || json_build_object('first', written.first_position, 'last', written.last_position,
                                                    'at', written.at, 'bases', written.bases);
        exception when others then
            get stacked diagnostics state = returned_sqlstate, message = message_text;
            if left(state, 2) not in ('OM', '22', '23', '54') then raise; end if;
            results := results || refusal_v1(decision, state, message);
        end;
    end loop;
    perform pg_notify('eventlog', position::text) from head;
end $$;
