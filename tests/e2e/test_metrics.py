# SPDX-License-Identifier: ISC
"""/metrics and /healthz, what is made of them in contrib/, and who may ask."""
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from world.admin import Admin, dial, raw
from world.daemon import Daemon
from world.mailworld import MailWorld
from world.process import run
from world.socketmap import query
from world.wait import DEADLINE_S, until

REPO = Path(__file__).resolve().parents[2]
PROMTOOL = REPO / "build/servers/promtool"
WHERE = ("127.0.0.1", 9461)

# Absent until something has happened, or while nothing is wrong.
SOMETIMES = {
    "postfix_mta_sts_refresh_failures_total",
    "postfix_mta_sts_failing_soonest_expiry_timestamp_seconds",
    "postfix_mta_sts_failing_oldest_fetch_timestamp_seconds",
    "postfix_mta_sts_refresh_next_due_timestamp_seconds",
}


@pytest.fixture
def measured(idle: Daemon) -> Daemon:
    return idle.start(metrics_listen="inet:127.0.0.1:9461")


def get(path: str, head: str = "Host: localhost\r\n",
        method: str = "GET") -> str:
    return raw(WHERE, f"{method} {path} HTTP/1.1\r\n{head}"
               "Connection: close\r\n\r\n")


def metrics() -> dict[str, float]:
    """The samples, by name and labels."""
    body = get("/metrics").split("\r\n\r\n", 1)[1]
    samples = {}
    for line in body.splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            samples[name] = float(value)
    return samples


def exported(samples: dict[str, float]) -> set[str]:
    return {re.sub(r"\{.*", "", name) for name in samples}


def test_promtool(world: MailWorld, measured: Daemon) -> None:
    """Nothing to find fault with, before and after things have happened."""
    world.publish("a.promtool.test")
    for _ in range(2):
        body = get("/metrics").split("\r\n\r\n", 1)[1]
        done = subprocess.run(
            [str(PROMTOOL), "check", "metrics"], input=body, text=True,
            capture_output=True, timeout=DEADLINE_S)
        assert done.returncode == 0, done.stdout + done.stderr
        assert query("a.promtool.test").startswith("OK ")
        assert query("b.promtool.test") == "NOTFOUND "


def test_counts(world: MailWorld, measured: Daemon) -> None:
    domain = "a.counts.test"
    world.publish(domain)
    world.publish("testing.counts.test", mode="testing")
    before = metrics()
    for name in "postfix-3.4", "postfix-2.10", "postfix-3.4":
        assert query(domain, name).startswith("OK ")
    assert query("testing.counts.test") == "NOTFOUND "
    assert query("none.counts.test") == "NOTFOUND "
    assert query("[192.0.2.1]") == "NOTFOUND "
    until("all is durable", lambda: metrics()[
        'postfix_mta_sts_policies{mode="testing"}'] == 1)
    after = metrics()
    rest = {name: after[name] - before.get(name, 0) for name in after}

    def answers(profile: str, outcome: str, reason: str) -> float:
        return rest["postfix_mta_sts_answers_total{"
                    f'profile="{profile}",outcome="{outcome}",'
                    f'reason="{reason}"}}']

    assert answers("postfix-3.4", "ok", "") == 2
    assert answers("postfix-2.10", "ok", "") == 1
    assert answers("postfix-3.4", "notfound", "testing") == 1
    assert answers("postfix-3.4", "notfound", "no-record") == 1
    assert answers("postfix-3.4", "notfound", "key") == 1
    assert answers("postfix-3.4", "temp", "busy") == 0
    assert rest["postfix_mta_sts_hits_total"] == 2
    assert rest["postfix_mta_sts_misses_total"] == 3
    assert rest["postfix_mta_sts_waited_answer_seconds_count"] == 3
    assert rest['postfix_mta_sts_fetches_total{result="ok"}'] == 2
    assert rest['postfix_mta_sts_resolutions_total{source="fetch"}'] == 2
    assert rest['postfix_mta_sts_resolutions_total{source="none"}'] == 1
    assert rest['postfix_mta_sts_dns_lookups_total{result="ok"}'] >= 4
    assert rest["postfix_mta_sts_cache_commit_seconds_count"] >= 1
    assert after['postfix_mta_sts_policies{mode="enforce"}'] == 1
    assert after["postfix_mta_sts_negatives"] == 1
    assert after["postfix_mta_sts_healthy"] == 1
    assert after["postfix_mta_sts_trusted_certificates"] == 1
    assert after["postfix_mta_sts_longest_turn_seconds"] > 0


def test_failing_refresh_is_told(world: MailWorld, measured: Daemon) -> None:
    """When it fails, of which age the policy is, and that it is mended."""
    domain = "a.failing.test"
    world.publish(domain)
    assert query(domain).startswith("OK ")
    world.publish(domain, text="mode: none\r\n")
    with Admin(measured) as admin:
        until("it is stored", lambda: metrics()[
            'postfix_mta_sts_policies{mode="enforce"}'] == 1)
        shown = admin.show(domain)
        admin.job("/refresh", {"domains": [domain]})
        told = metrics()
        assert told[
            'postfix_mta_sts_refresh_failures_total{reason="syntax"}'] == 1
        assert told["postfix_mta_sts_failing_policies"] == 1
        assert told["postfix_mta_sts_failing_soonest_expiry_timestamp_"
                    "seconds"] == shown["expires"]
        assert told["postfix_mta_sts_failing_oldest_fetch_timestamp_"
                    "seconds"] == shown["fetched"]
        admin.ask("DELETE", f"/policies/{domain}")
        assert metrics()["postfix_mta_sts_failing_policies"] == 0


def test_only_two_pages(measured: Daemon) -> None:
    """Nothing of the administration is to be had there."""
    for path in ("/status", "/policies", "/config", "/export", "/jobs", "/"):
        assert get(path).startswith("HTTP/1.1 404 "), path
    for method in "POST", "PUT", "DELETE":
        assert get("/metrics", method=method).startswith("HTTP/1.1 405 ")
        assert "\r\nAllow: GET, HEAD\r\n" in get("/healthz", method=method)
        assert get("/refresh", method=method).startswith("HTTP/1.1 404 ")
    head = get("/metrics", method="HEAD")
    assert head.startswith("HTTP/1.1 200 ") and head.endswith("\r\n\r\n")


@pytest.mark.parametrize("host, status", [
    ("localhost", 200), ("127.0.0.1:9461", 200), ("[::1]:9461", 200),
    ("evil.example", 421), ("localhost.evil.example", 421), ("", 421),
])
def test_host(measured: Daemon, host: str, status: int) -> None:
    """A page in somebody's browser bears another name."""
    assert get("/metrics", f"Host: {host}\r\n").startswith(
        f"HTTP/1.1 {status} ")


def test_host_of_this_machine(measured: Daemon) -> None:
    name = os.uname().nodename
    assert get("/healthz", f"Host: {name}:9461\r\n").startswith(
        "HTTP/1.1 200 ")
    assert get("/healthz", "").startswith("HTTP/1.1 421 ")


def test_healthz(world: MailWorld, idle: Daemon) -> None:
    """Red when nobody answers, and well again by itself."""
    idle.start(metrics_listen="inet:127.0.0.1:9461",
               dns_servers="127.0.0.1:1", query_timeout="1")
    assert get("/healthz").endswith("\r\n\r\nok\n")
    assert query("a.healthz.test") == "TEMP no name server answers"
    reply = get("/healthz")
    assert reply.startswith("HTTP/1.1 503 ")
    assert reply.endswith("\r\n\r\nno name server answers\n")
    told = metrics()
    assert told["postfix_mta_sts_healthy"] == 0
    assert told["postfix_mta_sts_dns_servers_answer"] == 0
    assert told['postfix_mta_sts_answers_total{profile="postfix-3.4",'
                'outcome="temp",reason="no-name-server"}'] == 1
    with Admin(idle) as admin:
        assert admin.get("/status")["health"] == {
            "ok": False, "reasons": ["no name server answers"]}


def test_open_to_the_network(idle: Daemon) -> None:
    """It is the administrator's to decide; but it is said."""
    idle.start(metrics_listen="inet:0.0.0.0:9461")
    idle.log.wait_for("admin: inet:0.0.0.0:9461: metrics are open")
    assert get("/healthz", "Host: 192.0.2.1\r\n").startswith("HTTP/1.1 200 ")


def test_idle_scrapers(world: MailWorld, measured: Daemon) -> None:
    """They take no place of the administration's, nor of Postfix's."""
    clients = [dial(WHERE) for _ in range(30)]
    with Admin(measured) as admin:
        assert admin.get("/status")["health"]["ok"]
        assert query("x.idle.test") == "NOTFOUND "
    for one in clients:
        one.close()
    until("a place is free", lambda: get("/healthz").endswith("ok\n"))


def names_in(text: str) -> set[str]:
    found = set(re.findall(r"postfix_mta_sts_[a-z_]+", text))
    return found


def test_alert_rules(measured: Daemon) -> None:
    file = REPO / "contrib/prometheus/alerts.yml"
    run(str(PROMTOOL), "check", "rules", str(file))
    unknown = names_in(file.read_text()) - exported(metrics()) - SOMETIMES
    assert not unknown


def test_dashboard(measured: Daemon) -> None:
    """Every expression is of metrics that exist, and PromQL."""
    board = json.loads(
        (REPO / "contrib/grafana/dashboard.json").read_text())
    known = exported(metrics()) | SOMETIMES
    rules = []
    for panel in board["panels"]:
        for target in panel["targets"]:
            assert names_in(target["expr"]), panel["title"]
            assert names_in(target["expr"]) <= known, target["expr"]
            rules.append({"record": f"r{len(rules)}",
                          "expr": target["expr"]})
    assert len(rules) > 20
    assert len({panel["id"] for panel in board["panels"]}) == len(
        board["panels"])
    file = measured.folder / "rules.json"  # JSON is YAML
    file.write_text(json.dumps(
        {"groups": [{"name": "dashboard", "rules": rules}]}))
    run(str(PROMTOOL), "check", "rules", str(file))


def test_every_metric_is_in_the_manual(measured: Daemon) -> None:
    page = (REPO / "docs/admin-api.md").read_text()
    told = {re.sub(r"_(bucket|sum|count)$", "", name)
            for name in exported(metrics()) | SOMETIMES}
    missing = {name for name in told
               if f"`{name.removeprefix('postfix_mta_sts_')}" not in page}
    assert not missing
