"""Questions about records: facets, folded words, the agenda and its pages."""
