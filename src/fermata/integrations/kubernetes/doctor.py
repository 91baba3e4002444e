"""Whether the cluster can be asked, by whom, and which permission is missing: the `check`."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from email.utils import parsedate_to_datetime

from fermata.integrations.kubernetes.answers import NotThere, Refusal
from fermata.integrations.kubernetes.client import KubernetesClient, KubernetesSession
from fermata.integrations.kubernetes.rbac import (
    Permission,
    Subject,
    is_offered,
    list_acting,
    list_reading,
    list_unknown_actions,
    write_rbac,
)
from fermata.integrations.kubernetes.resources import ACCESS_REVIEW, RENAMED
from fermata.kit.clock import Clock
from fermata.kit.digging import dig, dig_maps, dig_text
from fermata.kit.errors import OperationalError
from fermata.kit.units import format_duration
from fermata.ports.system import CheckResult

_LARGEST_SKEW = timedelta(seconds=30)
"""Events and rollouts are put in order with alerts by their times; half a minute is what alert rules wait anyway."""
_WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_EVICTING = "kubernetes.delete_pod"
_TOO_MUCH = (
    Permission("", "secrets", "get"),
    Permission("", "pods/exec", "create"),
    Permission("*", "*", "*"),
)
"""What is never needed; a credential that has it is wider than it has to be."""


async def check_cluster(client: KubernetesClient, clock: Clock) -> Sequence[CheckResult]:
    """Return the findings: actions that are misspelt, connection, clock, permissions, and the grant that mends them.

    Never raises for an expected failure.
    """
    unknown = [_say("actions", ok=False, text=text) for text in list_unknown_actions(client.settings)]
    try:
        async with client.connect() as session:
            findings = [await _check_connection(session), await _check_clock(session, clock)]
            findings += await _check_versions(session)
            return [*unknown, *findings, *await _check_permissions(session)]
    except OperationalError as error:
        return [*unknown, _say("connection", ok=False, text=str(error))]


async def _check_connection(session: KubernetesSession) -> CheckResult:
    version = await session.get("/version")
    user = await _find_user(session)
    who = f", as {user}" if user else ""
    return _say("connection", ok=True, text=f"Kubernetes {version.get('gitVersion', '?')} at {session.where}{who}")


async def _check_versions(session: KubernetesSession) -> list[CheckResult]:
    """Say what a server before 1.25 has in an older version, or not at all; nothing for a newer one."""
    versions = tuple(dict.fromkeys(version for each in RENAMED for version in (each.api_version, *each.older)))
    try:
        core, *others = await asyncio.gather(*(_list_served(session, root) for root in ("/api/v1", *_roots(versions))))
    except OperationalError as error:
        return [_say("API versions", ok=True, text=f"not compared: {error}")]
    evicting = core.get("pods/eviction", "") if is_offered(session.settings, _EVICTING) else ""
    return judge_versions(dict(zip(versions, others, strict=True)), evicting)


def judge_versions(served: Mapping[str, Collection[str]], evicting: str) -> list[CheckResult]:
    """Return what an old server has in an older version, lacks, or refuses. Pure.

    Args:
        served: The plurals that each API version of `RENAMED` has.
        evicting: The version of an eviction that the server takes; empty where none is sent, or nobody knows.
    """
    old = [each for each in RENAMED if each.plural not in served[each.api_version]]
    gone = [each.plural for each in old if each.plural not in served[each.older[0]]]
    asked = [f"{each.plural} ({each.older[0]})" for each in old if each.plural not in gone]
    findings = []
    if asked:
        text = f"the server is older than 1.25, for which this is written; older versions are read: {', '.join(asked)}"
        findings.append(_say("API versions", ok=True, text=text))
    if gone:
        text = f"the server does not have {', '.join(gone)}: what would be known from these is missing"
        findings.append(_say("API versions", ok=True, text=text))
    if evicting not in ("", "v1"):
        text = f"the server is older than 1.22 and refuses every {_EVICTING}: take it out of kubernetes.actions"
        findings.append(_say("API versions", ok=False, text=text))
    return findings


def _roots(versions: Sequence[str]) -> list[str]:
    return [f"/apis/{version}" for version in versions]


async def _list_served(session: KubernetesSession, root: str) -> dict[str, str]:
    """Return what an API version has, with the version of what is sent where the server tells it; nothing if none."""
    try:
        found = await session.get(root)
    except NotThere:
        return {}
    return {dig_text(each, "name"): dig_text(each, "version") for each in dig_maps(found, "resources")}


async def _check_clock(session: KubernetesSession, clock: Clock) -> CheckResult:
    reply = await session.send("GET", "/version")
    try:
        theirs = parsedate_to_datetime(reply.headers.get("date", ""))
        skew = abs(theirs - clock.now())
    except (ValueError, TypeError):
        return _say("clock", ok=True, text="the server does not say its time; not compared")
    if skew > _LARGEST_SKEW:
        text = f"The clocks differ by {format_duration(skew)}: events seem to come before their causes. Use NTP on both"
        return _say("clock", ok=False, text=text)
    return _say("clock", ok=True, text="the clocks agree within 30s")


async def _check_permissions(session: KubernetesSession) -> list[CheckResult]:
    settings = session.settings
    needed = (*list_reading(settings), *list_acting(settings))
    spaces = settings.namespaces or ("",)
    asked = [(each, space) for each in needed for space in (spaces if each.is_namespaced else ("",))]
    try:
        allowed = await asyncio.gather(*(_is_allowed(session, *each) for each in asked))
        wide = await asyncio.gather(*(_is_allowed(session, each, spaces[0]) for each in _TOO_MUCH))
    except OperationalError as error:
        return [_say("permissions", ok=False, text=str(error))]
    missing = [each for each, is_allowed in zip(asked, allowed, strict=True) if not is_allowed]
    findings = [_say_missing(permission, space) for permission, space in missing]
    if not missing:
        where = f"in {', '.join(settings.namespaces)}" if settings.namespaces else "in all namespaces"
        offers = f"the actions {', '.join(settings.actions)}" if settings.actions else "reading, no action"
        text = f"all {len(needed)} that are needed are granted, {where}, for {offers}"
        findings.append(_say("permissions", ok=True, text=text))
    if any(wide):
        words = ", ".join(each.describe() for each, is_wide in zip(_TOO_MUCH, wide, strict=True) if is_wide)
        text = f"the credential may also {words}, which Fermata never does: grant only what is listed below"
        findings.append(_say("width", ok=True, text=text))
    if missing or any(wide):
        user = await _find_user(session)
        subject = Subject.read(user)
        # A server before 1.28 does not say who asks.
        guess = "" if user else f"the server does not say who this is: put it in the place of {subject.name} below; "
        text = f"{guess}what it needs and nothing else; review it, then: kubectl apply -f FILE\n"
        findings.append(_say("grant", ok=True, text=text + write_rbac(needed, settings.namespaces, subject)))
    return findings


async def _is_allowed(session: KubernetesSession, permission: Permission, namespace: str) -> bool:
    resource, _, subresource = permission.resource.partition("/")
    attributes = {
        "verb": permission.verb,
        "group": permission.group,
        "resource": resource,
        "subresource": subresource,
        "namespace": namespace,
    }
    body = {
        "apiVersion": ACCESS_REVIEW.api_version,
        "kind": ACCESS_REVIEW.kind,
        "spec": {"resourceAttributes": {key: value for key, value in attributes.items() if value}},
    }
    # A review is stored nowhere; the API has it as a POST because it takes a body.
    return dig(await session.write("POST", ACCESS_REVIEW.path(), body), "status", "allowed") is True


async def _find_user(session: KubernetesSession) -> str:
    """Return the credential's user name; empty where the server cannot say (before 1.28)."""
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    try:
        return dig_text(await session.write("POST", _WHO, body), "status", "userInfo", "username")
    except Refusal:
        return ""


def _say_missing(permission: Permission, namespace: str) -> CheckResult:
    where = f" in {namespace}" if namespace else ""
    purpose = f", for {permission.purpose}" if permission.purpose else ""
    return _say(f"permission to {permission.describe()}{where}", ok=False, text=f"It is not granted{purpose}")


def _say(what: str, *, ok: bool, text: str) -> CheckResult:
    return CheckResult(name=f"kubernetes: {what}", ok=ok, text=text)
