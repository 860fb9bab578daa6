-- A job and when it is due next. `run`: the one that is under way; `epoch` fences off who only slept: it grows with each
-- run. `version` and `schedule`: of the setting by which `due` was reckoned. `memory`: what a job keeps for its next run.
create table jobs (
    name text primary key,
    due timestamptz not null,
    epoch bigint not null default 0,
    run bigint,
    version integer not null,
    schedule text not null,
    memory jsonb not null default '{}'
);

-- Every run: what was due, who asked for it if not the clock, where it ran and what came of it. A run whose process died
-- is `lost`, and another takes its place (`tries`).
create table job_runs (
    id bigint generated always as identity primary key,
    job text not null,
    state text not null check (state in ('waiting', 'running', 'finished', 'failed', 'lost')),
    due timestamptz not null,
    asked_by text,
    tries integer not null default 1,
    owner text,
    epoch bigint,
    started_at timestamptz,
    ended_at timestamptz,
    outcome jsonb,
    error text
);
create index job_runs_by_job on job_runs (job, id);
create unique index job_runs_waiting on job_runs (job) where state = 'waiting';
