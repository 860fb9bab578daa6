-- What began a chain finds its events. A bloom filter over each range of blocks: nothing is paid by an append, since a
-- range is summed up once it is full (by autovacuum), and the last one is read as it is.
create index log_correlation on log using brin (correlation_id text_bloom_ops) with (pages_per_range = 64, autosummarize = on);
