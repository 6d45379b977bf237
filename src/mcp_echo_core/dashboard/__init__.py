"""The dashboard: what a record shows, as a page, as data, live, and to those it is shared with.

Start at ``routes.py``. Everything is worked out when somebody reads; nothing here is on the way of a message.
"""
