-- SKUs that baskets asked for and nobody knew, to be asked of the stock services by the next refresh.
create table wanted_skus (
    sku text collate "C" primary key,
    at timestamptz not null default clock_timestamp()
);
