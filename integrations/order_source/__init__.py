"""The order source (Omnitron-shaped) and, by configuration alone, Seller Center in its place (spec 5): where it is
(`connection.py`), what is asked of it (`asking.py`, `pulling.py`), what it is told (`item_states.py`). What it tells us
comes in by HTTP (api.http.source_events)."""
