"""From the research data's own JSON to records of Summitry as protobuf JSON.

Needs Python alone, not the installed project: what comes out is checked by whoever loads it.
"""
