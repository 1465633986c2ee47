"""Messages at the border: limits, refusals with their status codes, and frames of stored bytes."""
