-- How often all that wait were asked to be tried again; each planner looks whether it has seen the last call.
create table planner_calls (
    one boolean primary key default true check (one),
    number bigint not null
);
insert into planner_calls (number) values (0);
