"""The services of the API: one module each for what differs, thin: check, transact, answer."""
