"""Rules for single records: checks, field masks, claims, lifecycle and differences."""
