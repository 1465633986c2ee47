"""One module for each service of the API: check the request, run the transaction, answer."""
