-- Passwords of outside systems, sealed by the installation's secret. An event holds only the name.
create table secrets (
    name text primary key,
    sealed bytea not null,
    kept_at timestamptz not null default now()
);
