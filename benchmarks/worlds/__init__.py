"""A made-up world of summits, visits, meetings, notices and delegations over twenty years.

The same for the same size and seed. Sizes differ in how much there is around a question, and not in
how much answers it: what is *rare* stands in the same number of records at every size, what is
*frequent* in the same share of them.
"""
