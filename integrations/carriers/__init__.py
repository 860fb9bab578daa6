"""Carriers: one interface, an adapter a carrier, chosen by the carrier's settings (spec 5)."""
