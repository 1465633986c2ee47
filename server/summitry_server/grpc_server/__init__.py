"""gRPC: a server made from the service descriptors, and what happens to each of its calls."""
