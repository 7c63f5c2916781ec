"""People who look at the portal."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import Client

from sites_app.models import Membership, Region

PASSWORD = "correct horse battery"


def person(name: str, *regions: Region | None) -> User:
    """A user with these memberships; None is head office."""
    user = User.objects.create_user(name, password=PASSWORD)
    Membership.objects.bulk_create(Membership(user=user, region=region) for region in regions)
    return user


def logged_in(user: User) -> Client:
    """A browser of this person's."""
    client = Client()
    client.force_login(user)
    return client
