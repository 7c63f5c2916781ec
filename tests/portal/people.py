"""People who look at the portal."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import Client

from sites_app import roles
from sites_app.models import Membership, Region, Role

PASSWORD = "correct horse battery"


def person(name: str, *regions: Region | None, role: str = Role.REGIONAL_MANAGER) -> User:
    """A user with this role in these regions; None is all stores."""
    user = User.objects.create_user(name, password=PASSWORD)
    Membership.objects.bulk_create(Membership(user=user, region=region, role=role) for region in regions)
    roles.settle(user)
    return user


def logged_in(user: User) -> Client:
    """A browser of this person's."""
    client = Client()
    client.force_login(user)
    return client
