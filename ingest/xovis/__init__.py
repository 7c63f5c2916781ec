"""All there is to know of Xovis 3D sensors: what they push, how they are asked, and what their words are.

What is typed here is all that is ever kept of them. Positions, heights and track ids have no field, so they end here.
"""
