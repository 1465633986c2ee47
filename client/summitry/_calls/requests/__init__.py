"""Requests of the API as values: one module a subject, shared by both clients.

Everything that needs no connection is here: the method that serves a request, how its message is
filled, and the field of the response with the answer. No gRPC.
"""
