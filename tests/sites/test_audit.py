"""Who changed what: kept for people, programs and imports alike, without any secret, and changed by nobody."""

from __future__ import annotations

import json

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from sites_app.models import ApiKey, Controller, Store
from tests import chain

pytestmark = pytest.mark.django_db

HEAD = "store_code,store_name,region,timezone,base_url,api_key\n"
ROW = "S001,Köln Mitte,Europe/Germany,Europe/Berlin,https://xcs.s001.example.com/api/v1,very-secret\n"


@pytest.fixture
def controller() -> Controller:
    return chain.controller(chain.store(), api_key="very-secret")


def entries(model: type, action: int) -> list[LogEntry]:
    return list(LogEntry.objects.get_for_model(model).filter(action=action))


def test_a_persons_change_is_kept_with_what_was_before(admin_client: Client, controller: Controller) -> None:
    url = reverse("admin:sites_app_controller_change", args=[controller.pk])
    form = {"store": controller.store_id, "kind": "xcs", "base_url": "http://xcs-2/api/v1", "poll_interval_s": 30}
    admin_client.post(url, {**form, "name": controller.name, "new_api_key": "even-more-secret"})
    entry = entries(Controller, LogEntry.Action.UPDATE)[0]
    assert entry.actor == User.objects.get(username="admin")
    assert entry.changes_dict["base_url"] == [controller.base_url, "http://xcs-2/api/v1"]
    assert entry.changes_dict["api_key"] == ["…", "…"]
    assert "secret" not in json.dumps(entry.changes_dict)


def test_what_polling_notes_is_nobodys_change(controller: Controller) -> None:
    before = LogEntry.objects.count()
    controller.state, controller.last_error = Controller.State.OFFLINE, "gone"
    controller.save()
    assert LogEntry.objects.count() == before


def test_a_programs_change_is_kept_under_its_key(client: Client) -> None:
    key, plain = ApiKey.generate("Onboarding", scopes=["write"])
    key.save()
    store = chain.store()
    headers = {"Authorization": f"Apikey {plain}"}
    answer = client.patch(
        f"/api/v1/stores/{store.code}", {"city": "Köln"}, content_type="application/json", headers=headers
    )
    assert answer.status_code == 200
    entry = entries(Store, LogEntry.Action.UPDATE)[0]
    assert entry.additional_data == {"key": str(key)}
    assert entry.changes_dict["city"][1] == "Köln"


def test_an_import_is_kept_for_each_store_and_controller(client: Client) -> None:
    key, plain = ApiKey.generate("Onboarding", scopes=["write"])
    key.save()
    headers = {"Authorization": f"Apikey {plain}"}
    answer = client.post("/api/v1/stores/import", HEAD + ROW, content_type="text/csv", headers=headers)
    assert answer.status_code == 200
    (store,) = entries(Store, LogEntry.Action.CREATE)
    (controller,) = entries(Controller, LogEntry.Action.CREATE)
    assert store.additional_data == {"import": True, "key": str(key)}
    assert controller.object_pk == str(Controller.objects.get().pk)
    assert "very-secret" not in json.dumps([store.changes, controller.changes])


def test_the_log_is_read_and_never_written(admin_client: Client, controller: Controller) -> None:
    admin_client.post(
        reverse("admin:sites_app_store_import"), {"file": SimpleUploadedFile("a.csv", (HEAD + ROW).encode())}
    )
    entry = LogEntry.objects.latest("pk")
    page = admin_client.get(reverse("admin:auditlog_logentry_changelist"))
    assert entry.object_repr in page.content.decode()
    one = reverse("admin:auditlog_logentry_change", args=[entry.pk])
    assert admin_client.get(one).status_code == 200
    assert admin_client.post(one, {"action": 0}).status_code == 403
    assert admin_client.post(reverse("admin:auditlog_logentry_delete", args=[entry.pk])).status_code == 403
    assert admin_client.get(reverse("admin:auditlog_logentry_add")).status_code == 403
