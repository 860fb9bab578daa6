"""Jobs by the clock (spec 5). `declared.py` lists them, one line each; `clock.py` runs what is due, once whatever the
number of processes; `schedule.py` says when, `runs.py` keeps what came of it."""
