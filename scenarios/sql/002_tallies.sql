-- Packages by location and day, and by channel, as of the checkpoint's position (scenarios/tallies.py).
alter table planner_checkpoint add column tallies jsonb not null default '{}';
