-- Documents of packages (invoices, labels) sealed with the customer's key. An event holds only the digest.
create table documents (
    digest text collate "C" primary key,
    key text not null,
    sealed bytea not null,
    kept_at timestamptz not null default now()
);
