-- What was asked for: rows of a file (sealed, for they may be personal; gone when the task is over), or of the order
-- source. `row_done`: how far it is, so that whoever goes on begins there.
create table setup_tasks (
    id bigint generated always as identity primary key,
    step text not null,
    source text not null,
    state text not null check (state in ('READY', 'WORKING', 'FINISHED', 'FAILED', 'ABORTED')),
    dry_run boolean not null,
    user_id bigint not null,
    username text not null,
    file_name text,
    sealed bytea,
    row_done integer not null default 0,
    created integer not null default 0,
    changed integer not null default 0,
    there integer not null default 0,
    rejected integer not null default 0,
    message text,
    asked_at timestamptz not null default clock_timestamp(),
    started_at timestamptz,
    ended_at timestamptz
);
create index setup_tasks_open on setup_tasks (id) where state in ('READY', 'WORKING');
create index setup_tasks_by_step on setup_tasks (step, id);

-- What is wrong with which row: its number as a spreadsheet shows it, the column, and what is allowed.
create table setup_problems (
    task bigint not null references setup_tasks on delete cascade,
    number integer not null,
    row integer not null,
    field text not null,
    text text not null,
    primary key (task, number)
);
