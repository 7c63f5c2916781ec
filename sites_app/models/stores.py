"""Stores, and when they are open."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sites_app.hours import YEARS, Opening, Special, TradingHours, clock_of
from sites_app.models.regions import Region

if TYPE_CHECKING:
    from sites_app.access import Principal


def validate_timezone(name: str) -> None:
    """Refuse what is not a zone of the IANA database."""
    if name not in _timezones():
        raise ValidationError(
            _("'%(name)s' is not an IANA time zone; write one such as Europe/Berlin.") % {"name": name}
        )


@cache
def _timezones() -> set[str]:
    """Read once: finding them walks through the whole database."""
    return zoneinfo.available_timezones() - _NOWHERE


_NOWHERE = {"Factory", "localtime"}
"""Zones that are no place's: what they mean is for each machine to say."""


def validate_code(code: str) -> None:
    """Refuse a code that would be another address than the store's own."""
    if code in _OTHER_ADDRESSES:
        raise ValidationError(_("'%(code)s' means something else in an address; take another code.") % {"code": code})


_OTHER_ADDRESSES = {".", "..", "import"}


def validate_day(day: date) -> None:
    """Refuse a day that no store has seen or will see."""
    if day.year not in YEARS:
        raise ValidationError(
            _("Write a year from %(first)s to %(last)s; a date that isn't known, or isn't to come, is left empty.")
            % {"first": YEARS[0], "last": YEARS[-1]}
        )


class StoreQuerySet(models.QuerySet["Store"]):
    def visible_to(self, principal: Principal) -> StoreQuerySet:
        """The stores that this person or key may see: all for head office, else those under its regions."""
        if principal.sees_all:
            return self
        return self.under(principal.region_ids)

    def under(self, region_ids: Iterable[int]) -> StoreQuerySet:
        """The stores of these regions and of all regions under them."""
        return self.filter(region__in=Region.objects.under(region_ids))

    def with_hours(self) -> StoreQuerySet:
        """With all that ``Store.trading_hours`` reads, in two further queries for any number of stores."""
        return self.prefetch_related("opening_hours", "special_hours")


class Store(models.Model):
    """A shop. Its ``code`` is the retailer's own and never changes."""

    code = models.CharField(
        max_length=40,
        unique=True,
        validators=[
            RegexValidator(r"^[A-Za-z0-9._-]+\Z", gettext_lazy("Letters, digits, '.', '_' and '-' only.")),
            validate_code,
        ],
    )
    name = models.CharField(max_length=200)
    region = models.ForeignKey(Region, models.PROTECT, related_name="stores")
    timezone = models.CharField(max_length=64, validators=[validate_timezone])
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166, two letters.")
    city = models.CharField(max_length=100, blank=True)
    latitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    capacity = models.PositiveIntegerField(
        null=True, blank=True, help_text="People. Empty: the sum of the capacities of the zones that count."
    )
    floor_area_m2 = models.DecimalField(max_digits=9, decimal_places=2, null=True, blank=True)
    opened_on = models.DateField(
        null=True, blank=True, validators=[validate_day], help_text="Nothing before it is expected in reports."
    )
    closed_on = models.DateField(null=True, blank=True, validators=[validate_day])
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)

    objects = StoreQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="store_capacity_positive",
                condition=models.Q(capacity__isnull=True) | models.Q(capacity__gt=0),
                violation_error_message="A capacity is at least 1, or empty where it isn't known.",
            ),
            models.CheckConstraint(
                name="store_floor_area_positive",
                condition=models.Q(floor_area_m2__isnull=True) | models.Q(floor_area_m2__gt=0),
                violation_error_message="A floor area is greater than 0, or empty where it isn't known.",
            ),
            models.CheckConstraint(
                name="store_closed_after_opened",
                condition=models.Q(closed_on__isnull=True)
                | models.Q(opened_on__isnull=True)
                | models.Q(closed_on__gte=models.F("opened_on")),
                violation_error_message="closed_on lies before opened_on.",
            ),
            models.CheckConstraint(
                name="store_latitude_on_earth",
                condition=models.Q(latitude__isnull=True) | models.Q(latitude__range=(-90, 90)),
                violation_error_message="A latitude lies between -90 and 90.",
            ),
            models.CheckConstraint(
                name="store_longitude_on_earth",
                condition=models.Q(longitude__isnull=True) | models.Q(longitude__range=(-180, 180)),
                violation_error_message="A longitude lies between -180 and 180.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def zone_info(self) -> zoneinfo.ZoneInfo:
        return clock_of(self.timezone)

    def trading_hours(self) -> TradingHours:
        """When the store is open, as quarters of an hour; fetch stores ``.with_hours()`` for many at once."""
        return TradingHours(
            timezone=self.timezone,
            weekly=tuple(sorted(Opening(h.weekday, h.opens, h.closes) for h in self.opening_hours.all())),
            special=tuple(Special(h.date, h.opens, h.closes) for h in self.special_hours.all()),
        )

    def local(self, instant: datetime) -> datetime:
        """The instant on the store's own clock."""
        return instant.astimezone(self.zone_info)


class OpeningHours(models.Model):
    """A stretch of a weekday when the store trades; ``closes`` at or before ``opens`` is past midnight."""

    store = models.ForeignKey(Store, models.CASCADE, related_name="opening_hours")
    weekday = models.PositiveSmallIntegerField(
        choices=[
            (1, "Monday"),
            (2, "Tuesday"),
            (3, "Wednesday"),
            (4, "Thursday"),
            (5, "Friday"),
            (6, "Saturday"),
            (7, "Sunday"),
        ]
    )
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        ordering = ["store", "weekday", "opens"]
        verbose_name_plural = "opening hours"
        constraints = [
            models.CheckConstraint(
                name="opening_hours_weekday_iso",
                condition=models.Q(weekday__range=(1, 7)),
                violation_error_message="A weekday is 1 (Monday) to 7 (Sunday).",
            ),
            models.UniqueConstraint(
                fields=["store", "weekday", "opens"],
                name="opening_hours_start_once",
                violation_error_message="These hours begin twice on this weekday.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"


class SpecialHours(models.Model):
    """The hours of one date, in place of the weekly ones; without times the store is closed that day."""

    store = models.ForeignKey(Store, models.CASCADE, related_name="special_hours")
    date = models.DateField(validators=[validate_day])
    opens = models.TimeField(null=True, blank=True)
    closes = models.TimeField(null=True, blank=True)

    class Meta:
        ordering = ["store", "date", "opens"]
        verbose_name_plural = "special hours"
        constraints = [
            models.CheckConstraint(
                name="special_hours_both_times_or_none",
                condition=models.Q(opens__isnull=True, closes__isnull=True)
                | models.Q(opens__isnull=False, closes__isnull=False),
                violation_error_message="Give both times, or neither for a closed day.",
            ),
            models.UniqueConstraint(
                fields=["store", "date", "opens"],
                name="special_hours_start_once",
                nulls_distinct=False,
                violation_error_message="These hours begin twice on this date.",
            ),
        ]

    def __str__(self) -> str:
        times = f"{self.opens:%H:%M}–{self.closes:%H:%M}" if self.opens and self.closes else _("closed")
        return f"{self.date} {times}"
