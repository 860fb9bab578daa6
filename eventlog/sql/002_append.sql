-- Appending. `write_v1` writes a batch of decisions all or nothing, set by set; `append_v1` calls it for the whole batch
-- and, where anything refuses, for each decision alone, so that each is accepted or refused on its own.
--
-- A decision, as JSON: {"c": command id, "a": actor, "k": command, "r": correlation id, "u": causation id,
--   "n": number of events,
--   "s": [{"s": stream, "x": expected version or null, "n": events for it, "p": which of "e", from 1, is its last}],
--   "e": [{"s": stream, "i": which of "s", counted from 0, "o": offset from its base version, "t": topic,
--          "d": data (JSON, kept to the letter) or "x": data (any text), "h": digest (hex)}],
--   "q": [{"l": location, "s": sku, "r": reserve, "m": move, "v": level, "t": asked at, "g": settle, "p": push, "f": freeze, "c": checked, "n": margin}],
--   "t": [{"l": location, "n": slots, "x": sets max, "q": max quota, "c": checked}],
--   "m": [{"k": key, "f": fingerprint, "a": answer (hex) or null, "e": forever}]}

-- Refusals raised here: OM001 version clash, OM003 short of stock, OM004 short of slots. A command that was written before
-- and a claim that is taken violate their primary keys. A value the tables cannot hold raises what PostgreSQL raises.

-- One link of the hash chain; as an aggregate it runs along the batch. `seed` is the hash before the batch.
create function chain_link_v1(state bytea, link bytea, seed bytea) returns bytea language plpgsql immutable parallel safe as $$
begin
    return sha256(coalesce(state, seed) || link);
end $$;
create aggregate chain_v1(link bytea, seed bytea) (sfunc = chain_link_v1, stype = bytea);

-- What a batch does to one guard row between two of its levels (or maxima), added up: `need` is what known − reserved
-- must be before it so that each of its checks holds, `floor` the lowest sum of its reservations on the way.
create type stock_segment_v1 as (location int, sku text, segment int, level numeric, asked_at timestamptz, settle int,
    push bool, frozen_for int, reserve bigint, floor bigint, move bigint, moves bool, need numeric);
create type slot_segment_v1 as (location int, segment int, set_max bool, max_quota int, slots bigint, floor bigint,
    before bigint);

-- The stock guards of a batch at time `now`: the "q" of each decision. Effects on one row are cut into segments, a level
-- begins a new one; round after round the next segment of every row is applied, one statement for all rows.
create function guard_stock_v1(effects json[], now timestamptz) returns void language plpgsql as $$
declare
    segments stock_segment_v1[];
    rounds int;
    wanted int;
    written int;
    negative int;
begin
    with effect as (
        select d.ord as decision, e.ord, e.l, e.s, coalesce(e.r, 0) r, coalesce(e.m, 0) m, e.v, e.t, coalesce(e.g, 0) g,
               coalesce(e.p, false) p, coalesce(e.f, 0) f, coalesce(e.c, false) c, coalesce(e.n, 0) n,
               count(e.v) over (partition by e.l, e.s order by d.ord, e.ord rows unbounded preceding)::int as segment
          from unnest(effects) with ordinality as d(q, ord)
         cross join lateral rows from (json_to_recordset(d.q) as (l int, s text, r bigint, m bigint, v numeric,
               t timestamptz, g int, p bool, f int, c bool, n bigint)) with ordinality as e(l, s, r, m, v, t, g, p, f, c, n, ord)
         where d.q is not null),
    running as (
        select *, sum(r) over w as reserved_to, sum(m) over w as moved_to
          from effect window w as (partition by l, s, segment order by decision, ord rows unbounded preceding)),
    merged as (
        select (l, s, segment, max(v), max(t) filter (where v is not null), coalesce(max(g) filter (where v is not null), 0),
                coalesce(bool_or(p) filter (where v is not null), false), coalesce(max(f) filter (where v is not null), 0),
                sum(r)::bigint, min(reserved_to)::bigint, sum(m)::bigint, bool_or(m <> 0),
                max(n + reserved_to - moved_to) filter (where c and r > 0))::stock_segment_v1 as one, segment
          from running group by l, s, segment)
    select array_agg(one), max(segment) into segments, rounds from merged;

    for round in 0 .. coalesce(rounds, -1) loop
        with found as (
            select g.*, coalesce(b.known, 0) as known, coalesce(b.reserved, 0) as reserved, b.asked_at as believed_at,
                   coalesce(b.moved, 0) as moved, b.moved_at, coalesce(b.settle, 0) as settled_for, b.frozen_until, b.there,
                   g.level is not null and (g.push or g.asked_at is null
                       or (g.asked_at >= coalesce(b.asked_at, '-infinity')
                           and g.asked_at >= coalesce(b.frozen_until, '-infinity'))) as believed,
                   b.moved_at is not null
                       and coalesce(g.asked_at, now) < b.moved_at + make_interval(secs => g.settle) as unsettled
              from unnest(segments) g
              left join lateral (select a.*, a.ctid as there from availability a where a.location = g.location and a.sku = g.sku limit 1) b on true
             where g.segment = round),
        levelled as (
            select location, sku, reserve, floor, move, moves, need, reserved, there,
                   case when believed then level + case when unsettled then moved else 0 end else known end as known,
                   case when believed then coalesce(asked_at, now) else believed_at end as asked_at,
                   case when believed and not unsettled then 0 else moved end as moved,
                   case when believed and not unsettled then null else moved_at end as moved_at,
                   case when believed then settle else settled_for end as settle,
                   case when not believed then frozen_until
                        when frozen_for <> 0 then now + make_interval(secs => frozen_for) end as frozen_until
              from found),
        next as (
            select there, location, sku, known + move as known, reserved + reserve as reserved, asked_at,
                   case when not moves then moved
                        when moved_at is null or now > moved_at + make_interval(secs => settle) then move
                        else moved + move end as moved,
                   case when moves then now else moved_at end as moved_at, settle, frozen_until
              from levelled
             where (need is null or known - reserved >= need) and reserved + floor >= 0),
        changed as (
            update availability a set known = n.known, reserved = n.reserved, asked_at = n.asked_at, moved = n.moved,
                   moved_at = n.moved_at, settle = n.settle, frozen_until = n.frozen_until
              from next n where a.ctid = n.there returning 1),
        made as (
            insert into availability (location, sku, known, reserved, asked_at, moved, moved_at, settle, frozen_until)
            select location, sku, known, reserved, asked_at, moved, moved_at, settle, frozen_until from next where there is null
            returning 1)
        select count(*), (select count(*) from changed) + (select count(*) from made), count(*) filter (where reserved + floor < 0)
          into wanted, written, negative from levelled;
        if written < wanted then
            if negative > 0 then raise exception 'reserved would be negative' using errcode = '23514'; end if;
            raise exception 'short of stock' using errcode = 'OM003';
        end if;
    end loop;
end $$;

-- The quota guards of a batch in the same way, the "t" of each decision: a new maximum begins a segment.
create function guard_slots_v1(effects json[]) returns void language plpgsql as $$
declare
    segments slot_segment_v1[];
    rounds int;
    wanted int;
    written int;
    negative int;
begin
    with effect as (
        select d.ord as decision, e.ord, e.l, coalesce(e.n, 0) n, coalesce(e.x, false) x, e.q, coalesce(e.c, false) c,
               (count(*) filter (where e.x) over (partition by e.l order by d.ord, e.ord rows unbounded preceding))::int as segment
          from unnest(effects) with ordinality as d(t, ord)
         cross join lateral rows from (json_to_recordset(d.t) as (l int, n int, x bool, q int, c bool))
               with ordinality as e(l, n, x, q, c, ord)
         where d.t is not null),
    running as (
        select *, sum(n) over (partition by l, segment order by decision, ord rows unbounded preceding) as held_to from effect),
    merged as (
        select (l, segment, bool_or(x), max(q) filter (where x), sum(n)::bigint, min(held_to)::bigint,
                max(held_to - n) filter (where c and n > 0))::slot_segment_v1 as one, segment
          from running group by l, segment)
    select array_agg(one), max(segment) into segments, rounds from merged;

    for round in 0 .. coalesce(rounds, -1) loop
        with found as (
            select g.location, g.slots, g.floor, g.before, coalesce(b.quota, 0) as quota, b.there,
                   case when g.set_max then g.max_quota else b.max_quota end as max_quota
              from unnest(segments) g
              left join lateral (select c.*, c.ctid as there from capacity c where c.location = g.location limit 1) b on true
             where g.segment = round),
        next as (
            select there, location, quota + slots as quota, max_quota from found
             where (before is null or max_quota - quota - before >= 1) and quota + floor >= 0),
        changed as (
            update capacity c set quota = n.quota, max_quota = n.max_quota from next n where c.ctid = n.there returning 1),
        made as (
            insert into capacity (location, quota, max_quota) select location, quota, max_quota from next where there is null
            returning 1)
        select count(*), (select count(*) from changed) + (select count(*) from made), count(*) filter (where quota + floor < 0)
          into wanted, written, negative from found;
        if written < wanted then
            if negative > 0 then raise exception 'quota would be negative' using errcode = '23514'; end if;
            raise exception 'short of slots' using errcode = 'OM004';
        end if;
    end loop;
end $$;

-- Writes a batch, all of it or (by raising) nothing. The append lock is held by the caller, so what is read here cannot
-- change before it is written. Gives the position before and after, the time, and the base version of each row of "s".
create function write_v1(decisions json, out first_position bigint, out last_position bigint, out at timestamptz, out bases int[])
language plpgsql as $$
#variable_conflict use_column
declare
    seed bytea;
    size bigint;
    last_hash bytea;
    -- of each decision: its id and envelope, position before it, number of events, where its "s" begin among all
    ids uuid[]; actors text[]; names text[]; correlations text[]; causations text[];
    offsets bigint[]; amounts int[]; places int[];
    -- of each decision, still as JSON
    streams_of json[]; events_of json[]; stock_of json[]; slots_of json[]; claims_of json[];
    -- of each row of "s"
    names_of text[]; places_of tid[]; counts int[]; ends bigint[];
    holds boolean;
    old bigint;
    claimed bigint; stocked bigint; slotted bigint;
begin
    select h.position, greatest(h.at, clock_timestamp()), h.hash, h.partition_size into first_position, at, seed, size from head h;

    select array_agg(d.c), array_agg(d.a), array_agg(d.k), array_agg(d.r), array_agg(d.u), array_agg(d.before), array_agg(d.n),
           array_agg(d.place), array_agg(d.s), array_agg(d.e), array_agg(d.q), array_agg(d.t), array_agg(d.m),
           write_v1.first_position + sum(d.n), count(d.m), count(d.q), count(d.t)
      into ids, actors, names, correlations, causations, offsets, amounts,
           places, streams_of, events_of, stock_of, slots_of, claims_of,
           last_position, claimed, stocked, slotted
      from (select *, write_v1.first_position + coalesce(sum(n) over w, 0) as before,
                   coalesce(sum(json_array_length(s)) over w, 0)::int as place
              from rows from (json_to_recordset(decisions) as (c uuid, a text, k text, r text, u text, n int, s json, e json,
                   q json, t json, m json)) with ordinality as d(c, a, k, r, u, n, s, e, q, t, m, ord)
            window w as (order by ord rows between unbounded preceding and 1 preceding)) d;

    insert into commands (command_id, first_position, last_position, at)
    select d.c, d.before + 1, d.before + d.n, write_v1.at from unnest(ids, offsets, amounts) as d(c, before, n);
    if claimed > 0 then
        insert into claims (key, fingerprint, answer, position, at, forever)
        select m.k, m.f, decode(m.a, 'hex'), d.before + d.n, write_v1.at, m.e from unnest(claims_of, offsets, amounts) as d(m, before, n)
         cross join lateral json_to_recordset(d.m) as m(k text, f text, a text, e bool);
    end if;

    -- versions: each row of "s" stands on the stream's head and on what the rows before it in the batch add
    select coalesce(array_agg(b.base order by b.decision, b.ord), '{}'), bool_and(b.x is null or b.x = b.base),
           array_agg(b.s order by b.decision, b.ord), array_agg(b.there order by b.decision, b.ord),
           array_agg(b.n order by b.decision, b.ord), array_agg(b.position order by b.decision, b.ord), count(b.there)
      into bases, holds, names_of, places_of, counts, ends, old
      from (select d.ord as decision, s.ord, s.s, s.x, s.n, d.before + s.p as position, h.there,
                   (coalesce(h.version, 0) + coalesce(sum(s.n) over (partition by s.s order by d.ord, s.ord
                                                                    rows between unbounded preceding and 1 preceding), 0))::int as base
              from unnest(streams_of, offsets, amounts) with ordinality as d(s, before, n, ord)
             cross join lateral rows from (json_to_recordset(d.s) as (s text, x int, n int, p int)) with ordinality as s(s, x, n, p, ord)
              left join lateral (select h.version, h.ctid as there from streams h where h.stream = s.s limit 1) h on true) b;
    if not holds then raise exception 'version clash' using errcode = 'OM001'; end if;

    insert into streams (stream, version, last_position)
    select b.s, max(b.base + b.n), max(b.position) from unnest(names_of, places_of, bases, counts, ends) as b(s, there, base, n, position)
     where b.n > 0 and b.there is null group by b.s;
    if old > 0 then
        update streams h set version = b.version, last_position = b.position
          from (select there, max(base + n) as version, max(position) as position
                  from unnest(places_of, bases, counts, ends) as b(there, base, n, position)
                 where n > 0 and there is not null group by there) b
         where h.ctid = b.there;
    end if;

    if stocked > 0 then perform guard_stock_v1(stock_of, at); end if;
    if slotted > 0 then perform guard_slots_v1(slots_of); end if;

    if last_position > first_position then
        with event as (
            select d.before + e.ord as position, bases[d.place + e.i + 1] + e.o as version,
                   e.s, e.t, d.a, d.k, d.c, d.r, d.u, coalesce(e.x, e.d::text) as d, e.h
              from unnest(ids, actors, names, correlations, causations, offsets, places, events_of)
                   as d(c, a, k, r, u, before, place, e)
             cross join lateral rows from (json_to_recordset(d.e) as (s text, i int, o int, t text, d json, x text, h text))
                   with ordinality as e(s, i, o, t, d, x, h, ord)),
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
create function refusal_v1(decision json, state text, broken text, message text) returns json language plpgsql as $$
begin
    if state = 'OM001' then
        return json_build_object('refused', 'version', 'versions', (
            select json_object_agg(s.s, coalesce((select h.version from streams h where h.stream = s.s), 0))
              from json_to_recordset(decision -> 's') as s(s text)));
    elsif broken = 'claims_pkey' then
        return json_build_object('refused', 'claim', 'claim', (
            select json_build_object('key', c.key, 'fingerprint', c.fingerprint, 'answer', encode(c.answer, 'hex'), 'position', c.position)
              from rows from (json_to_recordset(decision -> 'm') as (k text)) with ordinality as m(k, ord)
             cross join lateral (select * from claims c where c.key = m.k limit 1) c
             order by m.ord limit 1));
    elsif broken = 'commands_pkey' then
        return (select json_build_object('repeated', true, 'first', c.first_position, 'last', c.last_position, 'at', c.at, 'versions', (
                    select json_object_agg(v.stream, v.version) from (select stream, max(version) as version from log
                      where position between c.first_position and c.last_position group by stream) v))
                  from commands c where c.command_id = (decision ->> 'c')::uuid);
    elsif state in ('OM003', 'OM004') then
        return json_build_object('refused', 'short', 'at', clock_timestamp(), 'stock', (
            select coalesce(json_agg(a), '[]') from json_to_recordset(coalesce(decision -> 'q', '[]')) as q(l int, s text)
             cross join lateral (select * from availability a where a.location = q.l and a.sku = q.s limit 1) a), 'slots', (
            select coalesce(json_agg(c), '[]') from json_to_recordset(coalesce(decision -> 't', '[]')) as t(l int)
             cross join lateral (select * from capacity c where c.location = t.l limit 1) c));
    end if;
    return json_build_object('refused', 'poison', 'message', message);
end $$;

-- Appends a batch under the append lock: at once where nothing refuses, else each decision in a subtransaction of its own
-- (at most 64, more would spill PostgreSQL's subtransaction cache; the rest is answered 'later' and sent again).
-- The plans are fixed ones by index: made while a table was empty they stay right when it has grown.
create function append_v1(decisions json, out first_position bigint, out at timestamptz, out bases int[], out results json[])
language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off
set enable_mergejoin = off set enable_material = off set jit = off
as $$
declare
    decision json;
    written record;
    state text;
    broken text;
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
            get stacked diagnostics state = returned_sqlstate, broken = constraint_name, message = message_text;
            if left(state, 2) not in ('OM', '22', '23', '54') then raise; end if;
            results := results || refusal_v1(decision, state, broken, message);
        end;
    end loop;
    perform pg_notify('eventlog', position::text) from head;
end $$;
