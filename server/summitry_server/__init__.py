"""The Summitry server: gRPC services, rules and storage engines."""
