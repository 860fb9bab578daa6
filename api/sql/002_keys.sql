-- Keys one by one: their users see them, and take one back without the others.
alter table api_keys add column id bigint generated always as identity unique;
alter table api_keys add column last_used_at timestamptz;
alter table api_keys add column remote_addr text not null default '';
alter table api_keys add column user_agent text not null default '';

-- Tries to log in, by name, by address and by both: counted before the password is looked at, over all processes.
create unlogged table login_tries (
    who text primary key,
    since timestamptz not null,
    tries integer not null
);
