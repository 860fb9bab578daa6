"""Periods replayed under another scenario for who asks over HTTP (spec 2.7): a row each, done by a job."""
