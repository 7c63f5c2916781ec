"""Roles: what a membership makes of a person, and that nobody makes themselves more than they are."""

from __future__ import annotations

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from sites_app import roles
from sites_app.access import READ, principal_of_user
from sites_app.login.sessions import sessions_of
from sites_app.models import Membership, Region, Role
from tests import chain
from tests.access.people import come_in, is_in, with_app
from tests.portal.people import person

pytestmark = pytest.mark.django_db


def in_admin(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def form_of(user: User, *places: tuple[str, Region | None], **more: object) -> dict[str, object]:
    """A person's form in the admin, as a browser sends it, with new places."""
    form: dict[str, object] = {
        "username": user.username,
        "is_active": "on",
        "memberships-TOTAL_FORMS": len(places),
        "memberships-INITIAL_FORMS": 0,
        **more,
    }
    for number, (role, region) in enumerate(places):
        form |= {f"memberships-{number}-role": role, f"memberships-{number}-region": region.pk if region else ""}
    return form


def page_of(user: User) -> str:
    return reverse("admin:auth_user_change", args=[user.pk])


@pytest.fixture
def office() -> User:
    return person("office", None, role=Role.HEAD_OFFICE)


def test_every_role_is_in_the_table() -> None:
    assert roles.TABLE.keys() == set(Role.values)


def test_a_role_that_is_chosen_in_the_admin_opens_it_and_another_closes_it(office: User) -> None:
    europe, ines = chain.region("Europe"), person("ines")
    admin = in_admin(office)
    assert admin.post(page_of(ines), form_of(ines, (Role.INSTALLER, europe))).status_code == 302
    ines.refresh_from_db()
    assert ines.is_staff
    assert in_admin(ines).get(reverse("admin:sites_app_controller_add")).status_code == 200
    mine = ines.memberships.get()
    closing = form_of(ines, (Role.STORE_MANAGER, europe))
    closing |= {"memberships-INITIAL_FORMS": 1, "memberships-0-id": mine.pk, "memberships-0-user": ines.pk}
    assert admin.post(page_of(ines), closing).status_code == 302
    ines.refresh_from_db()
    assert not ines.is_staff


def test_a_person_has_one_role(office: User) -> None:
    ines = person("ines")
    places = (Role.INSTALLER, chain.region("Europe")), (Role.AUDITOR, chain.region("Asia"))
    told = in_admin(office).post(page_of(ines), form_of(ines, *places))
    assert "A person has one role" in told.content.decode()
    assert not ines.memberships.exists()


def test_with_several_all_the_same_a_person_may_what_all_of_them_allow() -> None:
    ines = person("ines", chain.region("Europe"), role=Role.INSTALLER)
    Membership.objects.create(user=ines, region=chain.region("Asia"), role=Role.AUDITOR)
    assert principal_of_user(ines).scopes == {READ}
    assert not User.objects.get(pk=ines.pk).has_perm("sites_app.view_store")


@pytest.mark.parametrize(("role", "everywhere"), [(Role.HEAD_OFFICE, False), (Role.STORE_MANAGER, True)])
def test_head_office_is_of_all_stores_and_a_store_manager_of_some(role: str, everywhere: bool) -> None:
    region = None if everywhere else chain.region("Europe")
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(user=person("anna"), region=region, role=role)


def test_head_office_makes_nobody_a_superuser_and_touches_none(office: User) -> None:
    root, admin = User.objects.create_superuser("root"), in_admin(office)
    assert 'name="is_superuser"' not in admin.get(page_of(office)).content.decode()
    admin.post(page_of(office), form_of(office, is_superuser="on", groups=[Group.objects.all()[0].pk]))
    office.refresh_from_db()
    assert (office.is_superuser, office.groups.count()) == (False, 0)
    assert admin.post(page_of(root), form_of(root, is_active="")).status_code == 403
    assert admin.get(reverse("admin:auth_user_password_change", args=[root.pk])).status_code == 403
    come_in(theirs := Client(), "office")
    admin.post(reverse("admin:auth_user_changelist"), {"action": "take_factors", "_selected_action": [root.pk]})
    assert is_in(theirs)


def test_head_office_logs_people_out_and_takes_lost_factors_away(office: User) -> None:
    ines = person("ines", chain.region("Europe"))
    come_in(theirs := Client(), "ines")
    assert is_in(theirs)
    people = reverse("admin:auth_user_changelist")
    in_admin(office).post(people, {"action": "log_out", "_selected_action": [ines.pk]})
    assert not is_in(theirs)
    with_app(ines)
    in_admin(office).post(people, {"action": "take_factors", "_selected_action": [ines.pk]})
    come_in(theirs, "ines")
    assert is_in(theirs)
    assert len(sessions_of(ines)) == 1


def test_an_auditor_of_a_region_reads_what_was_changed_there() -> None:
    here, there = chain.store("HERE", under="Europe"), chain.store("THERE", under="Asia")
    for store in (here, there):
        chain.controller(store)
    auditor = in_admin(person("paula", here.region, role=Role.AUDITOR))
    page = auditor.get(reverse("admin:auditlog_logentry_changelist")).content.decode()
    assert "HERE" in page
    assert "THERE" not in page
    foreign = LogEntry.objects.get_for_object(there).get()
    assert auditor.get(reverse("admin:auditlog_logentry_change", args=[foreign.pk])).status_code == 302


def test_an_auditor_sees_no_key_and_changes_nothing() -> None:
    controller = chain.controller(chain.store(), api_key="very-secret")
    auditor = in_admin(person("paula", None, role=Role.AUDITOR))
    url = reverse("admin:sites_app_controller_change", args=[controller.pk])
    page = auditor.get(url)
    assert page.status_code == 200
    assert "very-secret" not in page.content.decode()
    assert auditor.post(url, {"name": "Mine"}).status_code == 403


def test_an_installer_makes_no_region_out_of_sight() -> None:
    chain.region("Europe/North")
    installer = in_admin(person("ines", chain.region("Europe"), role=Role.INSTALLER))
    url = reverse("admin:sites_app_region_add")
    assert installer.post(url, {"code": "top", "name": "Top"}).status_code == 200
    under = {"code": "new", "name": "New", "parent": chain.region("Europe/North").pk}
    assert installer.post(url, under).status_code == 302
    assert set(Region.objects.values_list("code", flat=True)) == {"europe", "europe-north", "new"}


def test_the_groups_are_as_the_table_has_them() -> None:
    assert set(Group.objects.values_list("name", flat=True)) == {
        "Role: Head office",
        "Role: Head office of all stores",
        "Role: Installer",
        "Role: Auditor",
        "Role: Auditor of all stores",
    }
    auditor = Group.objects.get(name="Role: Auditor of all stores").permissions.values_list("codename", flat=True)
    assert all(codename.startswith("view_") for codename in auditor)
