-- How long planners thought about an order, as counts up to bounds in seconds; the last bound is infinity.
create table plan_times (
    bound double precision primary key,
    total bigint not null,
    seconds double precision not null
) with (fillfactor = 50);
