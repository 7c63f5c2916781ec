"""Columns of numbers to and from PostgreSQL, as binary arrays: a million of them without an object for each."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.adapt import Buffer, Dumper, Loader
from psycopg.pq import Format

Numbers = NDArray[np.int64]

_ELEMENT = np.dtype([("length", ">i4"), ("value", ">i8")])
_HEAD = struct.Struct(">iiIii")
"""Of an array: dimensions, whether there are nulls, the type of its elements, and of its one dimension length and first index."""
_INSTANT = np.dtype("M8[us]")
_TYPES = {
    _INSTANT: (1184, ">i8"),
    np.dtype(np.int64): (20, ">i8"),
    np.dtype(np.bool_): (16, ">i1"),
    np.dtype(np.float64): (701, ">f8"),
}


_FROM_1970_TO_2000_US = 946_684_800_000_000


class Loaded(Loader):
    """A ``bigint[]`` without nulls."""

    format = Format.BINARY

    def load(self, data: Buffer) -> Numbers:
        """The numbers, in this machine's order of bytes."""
        if len(data) <= _HEAD.size:
            return np.empty(0, np.int64)
        return np.frombuffer(data, _ELEMENT, offset=_HEAD.size)["value"].astype(np.int64)


class LoadedInstants(Loaded):
    """A ``timestamptz[]`` without nulls."""

    def load(self, data: Buffer) -> Numbers:
        """Microseconds since 1970."""
        return super().load(data) + _FROM_1970_TO_2000_US


class Dumped(Dumper):
    """Whole numbers, instants, numbers or truths, none of them null. What the statement casts the parameter to is its type."""

    format = Format.BINARY

    def dump(self, obj: NDArray[Any]) -> bytes:
        """The array as PostgreSQL reads it."""
        type_, order = _TYPES[obj.dtype]
        elements = np.empty(len(obj), [("length", ">i4"), ("value", order)])
        elements["length"] = obj.itemsize
        elements["value"] = obj.view(np.int64) - _FROM_1970_TO_2000_US if obj.dtype == _INSTANT else obj
        return _HEAD.pack(1, 0, type_, len(obj), 1) + elements.tobytes()


def cursor(connection: psycopg.Connection[Any]) -> psycopg.Cursor[Any]:
    """A cursor that takes arrays as parameters, and gives ``bigint[]`` as such. Django's own sends everything as text."""
    made = psycopg.Cursor(connection)
    made.format = Format.BINARY
    made.adapters.register_loader(made.adapters.types["int8"].array_oid, Loaded)
    made.adapters.register_loader(made.adapters.types["timestamptz"].array_oid, LoadedInstants)
    made.adapters.register_dumper(np.ndarray, Dumped)
    return made


def instants(microseconds: Numbers) -> NDArray[np.datetime64]:
    """Microseconds since 1970, to be sent as a ``timestamptz[]``."""
    return microseconds.view(_INSTANT)


def numbers(values: Iterable[int]) -> Numbers:
    """Whole numbers as a column."""
    return np.fromiter(values, np.int64)
