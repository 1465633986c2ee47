"""Summitry: the calendar of record for summits, official visits and delegations."""
