-- What guessing a password costs, kept with it: it can be raised, and those that stand are checked by their own.
alter table passwords add column work integer not null default 16384;
