"""The fleet's controllers as bare Xovis sensors: the same truth, told by logics, over ``/api/v5`` and by pushes."""
