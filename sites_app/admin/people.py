"""People, and the regions that they see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from auditlog.models import LogEntry
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from sites_app import roles
from sites_app.access import Principal, principal_of_user
from sites_app.admin.scope import ScopedAdmin
from sites_app.login import sessions
from sites_app.models import Membership, Region

# What people have to come in by is theirs: it's shown on their own page, and is looked at by nobody else.
for theirs in (User, Group, Authenticator, EmailAddress, SocialAccount, SocialApp, SocialToken, UserSession):
    admin.site.unregister(theirs)

if TYPE_CHECKING:
    _FormSet = BaseInlineFormSet[Membership, User, ModelForm[Membership]]
else:
    _FormSet = BaseInlineFormSet  # at run time Django's forms take no type parameters


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):  # type: ignore[misc]  # Unfold comes without types
    """Groups of people."""


class MembershipFormSet(_FormSet):
    """A person's places."""

    def clean(self) -> None:
        """One role a person: with several they might do in one region what they were given for another."""
        super().clean()
        kept = [form for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        if len({form.cleaned_data.get("role") for form in kept}) > 1:
            raise ValidationError(_("A person has one role: choose the same in all regions."))


class MembershipInline(TabularInline):  # type: ignore[misc]
    model = Membership
    formset = MembershipFormSet
    extra = 0
    fields = ["role", "region"]
    autocomplete_fields = ["region"]


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[misc,type-arg]
    """People, with their role and the regions that they have it for."""

    form, add_form, change_password_form = UserChangeForm, UserCreationForm, AdminPasswordChangeForm
    inlines = [MembershipInline]
    list_display = ["username", "email", "first_name", "last_name", "role", "is_active", "last_login"]
    list_filter = ["memberships__role", "is_active", "is_superuser"]
    readonly_fields = ["is_staff", "last_login", "date_joined"]
    actions = ["log_out", "take_factors"]

    @admin.display(description=gettext_lazy("Role"))
    def role(self, user: User) -> str:
        """What they are here."""
        held = sorted({str(one.get_role_display()) for one in user.memberships.all()})
        return ", ".join(held) or ("Superuser" if user.is_superuser else "–")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("memberships")

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """What makes somebody a superuser is for superusers: nobody gives themselves more than they have."""
        sets = super().get_fieldsets(request, obj)
        if obj is None or request.user.is_superuser:
            return sets
        beyond = {"is_superuser", "groups", "user_permissions"}
        return [
            (name, {**options, "fields": [field for field in options["fields"] if field not in beyond]})
            for name, options in sets
        ]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return self._may_touch(request, obj) and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return self._may_touch(request, obj) and bool(super().has_delete_permission(request, obj))

    def _may_touch(self, request: HttpRequest, obj: User | None) -> bool:
        return obj is None or request.user.is_superuser or not obj.is_superuser

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Who has done something stands in the audit log, whose entries lose nobody: they are switched off instead."""
        gone, counts, needed, protected = super().get_deleted_objects(objs, request)
        acted = set(LogEntry.objects.filter(actor__in=list(objs)).values_list("actor__username", flat=True))
        kept = [_("%(name)s in the audit log: switch them off instead") % {"name": name} for name in sorted(acted)]
        return gone, counts, needed, [*protected, *kept]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        roles.settle(form.instance)

    @admin.action(description=gettext_lazy("Log out on all devices"), permissions=["change"])
    def log_out(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """End all of their sessions."""
        ended = sessions.end(UserSession.objects.filter(user__in=self._touchable(request, people)))
        self.message_user(request, _("Logins ended: %(count)d.") % {"count": ended}, messages.SUCCESS)

    @admin.action(description=gettext_lazy("Take away their second factors (lost telephone)"), permissions=["change"])
    def take_factors(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Let them begin anew, with their password alone; whoever is in by then is logged out."""
        chosen = self._touchable(request, people)
        for factor in Authenticator.objects.filter(user__in=chosen):
            factor.delete()
        sessions.end(UserSession.objects.filter(user__in=chosen))
        self.message_user(
            request, _("They log in by their password alone until they set another up."), messages.WARNING
        )

    def _touchable(self, request: HttpRequest, people: QuerySet[User]) -> list[User]:
        return [person for person in people if self._may_touch(request, person)]


@admin.register(Region)
class RegionAdmin(ScopedAdmin):
    list_display = ["name", "code", "parent"]
    search_fields = ["name", "code"]
    list_select_related = ["parent"]
    autocomplete_fields = ["parent"]

    def visible(self, queryset: QuerySet[Any], principal: Principal) -> QuerySet[Any]:
        return queryset.filter(pk__in=Region.objects.visible_to(principal))

    def get_form(self, request: HttpRequest, obj: Region | None = None, change: bool = False, **kwargs: Any) -> Any:
        """A region at the top is made by who sees all: to others it would be out of sight."""
        form = super().get_form(request, obj, change, **kwargs)
        if "parent" in form.base_fields:
            form.base_fields["parent"].required = not principal_of_user(request.user).sees_all
        return form
