"""HTTP as feeds and pages speak it: answers, negotiation, and the address of this server."""
