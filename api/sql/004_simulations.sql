-- Periods replayed under another scenario because somebody asked for it: what for, how far, and the report; kept for a
-- while beside the log, which they leave as it is.
create table simulations (
    id bigint generated always as identity primary key,
    state text not null default 'READY',
    asked json not null,
    user_id bigint not null,
    username text not null,
    position bigint not null default 0,
    until_position bigint not null,
    report json,
    message text,
    asked_at timestamptz not null default clock_timestamp(),
    started_at timestamptz,
    ended_at timestamptz
);
create index simulations_open on simulations (id) where state in ('READY', 'WORKING');
