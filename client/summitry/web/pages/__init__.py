"""The pages for people: calendars with their subscribe links, as agenda, month or timeline.

Rendered on the server, right without script, in the reader's language and in the zone that the
reader chose or that of each place. `site.Site` has the routes; everything else is made from records
that a FeedSource has found public.
"""
