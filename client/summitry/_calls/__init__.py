"""The calls of the API, from which both clients are made; docs/decisions/0027 says how."""
