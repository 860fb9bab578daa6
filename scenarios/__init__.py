"""Rules; the pure planner; the worker that plans orders."""
