"""Regions: a tree of country, area, district, or whatever a retailer calls them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import models
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from sites_app.access import Principal

_SUBTREE = """
    WITH RECURSIVE subtree AS (
        SELECT id FROM sites_app_region WHERE id = ANY(%s)
        UNION
        SELECT child.id FROM sites_app_region child JOIN subtree ON child.parent_id = subtree.id
    )
    SELECT id FROM subtree
"""


class RegionQuerySet(models.QuerySet["Region"]):
    def visible_to(self, principal: Principal) -> RegionQuerySet:
        """The regions that this person or key is for, with all under them."""
        return self if principal.sees_all else self.under(principal.region_ids)

    def under(self, region_ids: Iterable[int]) -> RegionQuerySet:
        """These regions and all that lie under them."""
        return self.filter(id__in=RawSQL(_SUBTREE, [list(region_ids)]))


class Region(models.Model):
    """A node of the tree. ``code`` is the retailer's own, stable name for it in URLs and reports."""

    code = models.CharField(max_length=100, unique=True, validators=[validate_slug])
    name = models.CharField(max_length=100)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")

    objects = RegionQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="region_not_its_own_parent",
                condition=models.Q(parent__isnull=True) | ~models.Q(parent=models.F("id")),
                violation_error_message="A region can't lie in itself.",
            ),
            models.UniqueConstraint(
                fields=["parent", "name"],
                name="region_name_unique_among_siblings",
                nulls_distinct=False,
                violation_error_message="There is a region of this name here already.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a parent that lies under this region: the tree would become a ring."""
        if self.pk and self.parent_id and Region.objects.under([self.pk]).filter(pk=self.parent_id).exists():
            raise ValidationError({"parent": _("This region lies under the one you are changing.")})
