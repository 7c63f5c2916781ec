"""The chain as one XCS: the API of a store's controller, served over one store or over all that a key sees.

What was written for one XCS works here by changing its base URL: the same endpoints, envelope, units and error codes.
What isn't known is left out, as an XCS leaves out a zone that it doesn't have; where nothing of what was asked for is
known, the answer is ``UNAVAILABLE``. An old number is never given for a present one.
"""
