"""HTTP as feeds and pages speak it: what a request says, and the answers to it."""
