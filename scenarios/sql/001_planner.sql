-- What plans were made from, kept for OMS_PLAN_INPUT_DAYS, and from where a planner starts.

-- Locations and scenarios of a time, the same for thousands of plans.
create table plan_frames (
    digest text collate "C" primary key,
    packed bytea not null,
    at timestamptz not null default now()
);

-- The lines, stock and quotas that one plan saw; its event names the digest.
create table plan_inputs (
    digest text collate "C" primary key,
    packed bytea not null,
    at timestamptz not null default now()
);
create index plan_inputs_at on plan_inputs (at);

-- The orders that need planning as of a position: [[order, since], …].
create table planner_checkpoint (
    one boolean primary key default true check (one),
    position bigint not null,
    needs jsonb not null
);
