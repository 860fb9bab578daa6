"""What an installation is set up with (spec 5): files of rows, or the order source, step by step. A task is written
down first and done by a job, so it survives whoever did it: `tasks.py` keeps them, `work.py` does them, `sheets.py`
reads files, `columns.py` makes bodies of rows, `kinds.py` writes them as the routes do."""
