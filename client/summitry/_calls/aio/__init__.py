"""The definition of the client, asynchronous."""
