-- What logs users in. Hashed; no event and no log line ever holds a password or a key.
create table passwords (
    user_id bigint primary key,
    salt bytea not null,
    hash bytea not null,
    changed_at timestamptz not null default now()
);
create table api_keys (
    digest bytea primary key,
    user_id bigint not null,
    expires_at timestamptz not null,
    created_at timestamptz not null default now()
);
create index api_keys_user on api_keys (user_id);
