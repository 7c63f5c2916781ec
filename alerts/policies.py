"""Which settings hold for a store: the nearest rule that says something, of the store, its region, and those above."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from alerts.models import Alert, AlertRule
from alerts.rules import Policy
from sites_app.models import Region

_MINUTE = timedelta(minutes=1)
_KINDS = Alert.Kind

DEFAULTS: Mapping[str, Policy] = {
    _KINDS.QUEUE: Policy(clear_share=0.8, open_after=5 * _MINUTE, resolve_after=2 * _MINUTE),
    _KINDS.OCCUPANCY: Policy(threshold=0.95, clear_share=0.9, open_after=2 * _MINUTE, resolve_after=5 * _MINUTE),
    _KINDS.CONTROLLER: Policy(open_after=5 * _MINUTE, resolve_after=2 * _MINUTE),
    _KINDS.SENSOR: Policy(open_after=5 * _MINUTE, resolve_after=5 * _MINUTE),
    _KINDS.GAP: Policy(open_after=15 * _MINUTE),
}


@dataclass(frozen=True, slots=True)
class Policies:
    """The rules of the chain, looked up by store; as few lookups as there are regions with stores."""

    parents: Mapping[int, int | None]
    rules: Mapping[tuple[str, int | None, int | None], AlertRule]
    _by_region: dict[tuple[str, int], Policy] = field(default_factory=dict)

    def of(self, kind: str, store_id: int, region_id: int) -> Policy:
        """The settings of one store."""
        policy = self._of_region(kind, region_id)
        own = self.rules.get((kind, None, store_id))
        return policy if own is None else _narrowed(policy, own)

    def _of_region(self, kind: str, region_id: int) -> Policy:
        key = (kind, region_id)
        if key not in self._by_region:
            policy = DEFAULTS[kind]
            for scope in (None, *reversed(list(self._upwards(region_id)))):
                rule = self.rules.get((kind, scope, None))
                policy = policy if rule is None else _narrowed(policy, rule)
            self._by_region[key] = policy
        return self._by_region[key]

    def _upwards(self, region_id: int) -> Iterator[int]:
        at: int | None = region_id
        while at is not None:
            yield at
            at = self.parents[at]


def load() -> Policies:
    """All rules; two queries."""
    parents = dict(Region.objects.values_list("pk", "parent_id"))
    rules = {(rule.kind, rule.region_id, rule.store_id): rule for rule in AlertRule.objects.all()}
    return Policies(parents, rules)


def _narrowed(policy: Policy, rule: AlertRule) -> Policy:
    """The wider scope's settings, with those that this rule gives."""
    given: dict[str, Any] = {
        "enabled": rule.enabled,
        "threshold": rule.threshold,
        "clear_share": rule.clear_share,
        "open_after": _minutes(rule.open_after_minutes),
        "resolve_after": _minutes(rule.resolve_after_minutes),
    }
    return replace(policy, **{name: value for name, value in given.items() if value is not None})


def _minutes(number: int | None) -> timedelta | None:
    return None if number is None else number * _MINUTE
