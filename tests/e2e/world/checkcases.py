# SPDX-License-Identifier: ISC
"""The domains that the checker is shown, and what it must say of each."""
import datetime
import random

from world import mx, script, web
from world.checkworld import AUTHENTIC, BAD_SERVER, Case
from world.mx import DAY, HOUR

NO_RECORD = "tls_rpt_reader"
ONLY_RECORD = "ttl tls_rpt_reader"
NO_TLS_RPT = "ttl subdomains"
GOOD = (b"version: STSv1\nmode: enforce\nmx: mx1.{d}\nmx: mx2.{d}\n"
        b"max_age: 2592000\n")
NOW = datetime.datetime.utcnow()
A_HUNDRED = tuple((f"mx{number}.{{d}}", mx.NO_STARTTLS)
                  for number in range(1, 101))


def two(first: str, second: str = mx.GOOD) -> tuple[tuple[str, str], ...]:
    return (("mx1.{d}", first), ("mx2.{d}", second))


def dated(days: int) -> tuple[str, ...]:
    """A record whose id is so many days old, and some hours."""
    then = NOW - days * DAY - 2 * HOUR
    return (f"v=STSv1; id={then:%Y%m%dT%H%M%SZ};",)


def good(old: bytes = b"", new: bytes = b"") -> bytes:
    """The good policy, a part of it replaced."""
    assert old in GOOD
    return GOOD.replace(old, new, 1) if old else GOOD + new


def bad_policy(name: str, codes: str, policy: bytes,
               expect: str = "F 0-39 fail unusable high 2") -> Case:
    return Case(name, expect, codes, policy=policy)


def hostile() -> list[Case]:
    junk = random.Random(8461).randbytes(65536)
    return [
        bad_policy("junk", "bad_line bad_utf8 bare_cr long_line policy_mode "
                   "policy_version strict_syntax too_large", junk,
                   "F 0-39 fail unusable medium 2"),
        bad_policy("control", "bad_line",
                   good(b"mx: mx1", b"mx: \x1b]0;owned\x07\x1b[2J\x9bmx1")),
        Case("escapes", "F 0-39 fail unusable high 2",
             "bad_version unrelated_txt starttls_missing",
             usual=ONLY_RECORD, txt=("v=STSv\x1b[31m1; id=1;\x07",
                                   "\x1b]0;owned\x07\x9b2J"),
             hosts=two(mx.ESCAPES, mx.ESCAPES)),
        Case("hundred-mx", "D* 40-55 fail partial high 2",
             "starttls_missing smtp_unreachable mx_wide",
             patterns=("*.{d}",), hosts=A_HUNDRED),
        Case("thousand-txt", "A 100 pass enforcing normal 0", "",
             txt=("v=STSv1; id=1; " + "a=b; " * 200,), cut=1),
        Case("endless", "A* 100 pass enforcing normal 0",
             "smtp_unreachable", hosts=two(mx.ENDLESS, mx.ENDLESS)),
    ]


CASES = [
    Case("good", "A 100 pass enforcing normal 0"),
    Case("good-dated", "A 100 pass enforcing normal 0", "id_age",
         txt=dated(40)),
    Case("good-early", "A 100 pass enforcing normal 0",
         "id_age enforce_early", txt=dated(3)),
    Case("alias", "A 100 pass enforcing normal 0", "cname policy_cname",
         txt=(), at=(),
         more=(("_mta-sts.", "CNAME", "_mta-sts.alias-target.test."),
               ("mta-sts.", "CNAME", "mta-sts.alias-target.test."))),
    Case("alias-target", "A 100 pass enforcing normal 0"),
    Case("weeks", "A 100 pass enforcing normal 0", "max_age_short",
         max_age=604800),
    Case("testing", "C 60-74 warning testing normal 1",
         "mode_testing stuck_testing", mode="testing", max_age=86400),
    Case("testing-blind", "C 60-64 warning testing medium 1",
         "mode_testing stuck_testing tls_rpt_missing", usual=NO_TLS_RPT,
         mode="testing", max_age=86400, tlsrpt=()),
    Case("testing-stuck", "C 60-64 warning ready medium 1",
         "mode_testing stuck_testing id_age", mode="testing", max_age=86400,
         txt=dated(120)),
    Case("testing-ready", "C 60-74 warning ready normal 1",
         "mode_testing id_age", mode="testing", max_age=86400,
         txt=dated(20)),
    Case("none", "D 40-45 warning leaving low 1", "mode_none", mode="none"),
    # lifetimes
    Case("max-age-0", "D 40-45 warning enforcing low 1", "max_age_range",
         max_age=0),
    Case("max-age-hour", "C 60-69 warning enforcing low 1", "max_age_short",
         max_age=3600),
    Case("max-age-over", "D 40-59 warning enforcing low 1",
         "max_age_range cert_vs_cache", max_age=31557601),
    # the record
    Case("missing", "F 0 fail not_deployed low 2",
         "missing_record tls_rpt_missing", usual="", txt=(), at=(),
         has_policy=False, tlsrpt=()),
    Case("missing-policy-there", "F 0 fail not_deployed low 2",
         "missing_record", usual=NO_RECORD, txt=()),
    Case("misplaced-underscore", "F 0 fail misplaced medium 2",
         "missing_record wrong_name", usual=NO_RECORD, txt=(),
         more=(("_mta_sts.", "TXT", "v=STSv1; id=1;"),)),
    Case("misplaced-host", "F 0 fail misplaced medium 2",
         "missing_record wrong_name", usual=NO_RECORD, txt=(),
         more=(("mta-sts.", "TXT", "v=STSv1; id=1;"),)),
    Case("misplaced-apex", "F 0 fail misplaced medium 2",
         "missing_record wrong_name", usual=NO_RECORD, txt=(),
         more=(("", "TXT", "v=STSv1; id=1;", "v=spf1 -all"),)),
    Case("several", "F 0-39 fail unusable medium 2", "multiple_records",
         usual=ONLY_RECORD, txt=("v=STSv1; id=1;", "v=STSv1; id=2;")),
    Case("bad-id", "F 0-39 fail unusable medium 2", "bad_id",
         usual=ONLY_RECORD, txt=("v=STSv1; id=2026-01-01;",)),
    Case("bad-version", "F 0-39 fail unusable medium 2", "bad_version",
         usual=ONLY_RECORD, txt=("v=stsv1; id=1;",)),
    Case("txt-space", "B 75-89 warning enforcing low 1", "txt_space",
         txt=("v=STSv1 ; id=1;",)),
    Case("ns-differ", "B 75-89 warning enforcing low 1", "ns_differ",
         is_delegated=True),
    Case("servfail", "? - unknown unknown normal 3", "dns_temp_error",
         usual=NO_RECORD, txt=(), more=(("_mta-sts.", "NS", "ns.servfail.test."),
                       ("ns.", "A", BAD_SERVER))),
    Case("absent", "N/A - n/a no_domain normal 0", "no_such_domain",
         usual="", is_absent=True),
    # the policy host
    Case("host-missing", "F 0-39 fail unusable medium 2",
         "policy_host_missing", at=()),
    Case("host-closed", "F 0-39 fail unusable medium 2",
         "policy_fetch_failed", at=("127.0.1.99",)),
    Case("host-silent", "F 0-39 fail unusable medium 2",
         "policy_fetch_failed", handler=script.hangs,
         options=("--time-limit", "24")),
    Case("host-http", "F 0-39 fail unusable medium 2",
         "policy_fetch_failed http_only", at=(web.NO_TLS,)),
    Case("host-private", "F 0-39 fail unusable medium 2",
         "address_refused", at=("10.1.2.3",)),
    Case("host-half", "B 75-89 warning enforcing low 1", "address_differs",
         at=(web.PLAIN, web.ERROR)),
    Case("status-404", "F 0-39 fail unusable medium 2",
         "http_status wrong_url", has_policy=False,
         served_too="{d}", more=(("", "A", web.PLAIN),)),
    Case("status-403", "F 0-39 fail unusable medium 2", "http_status",
         at=(web.FORBIDDEN,)),
    Case("status-500", "F 0-39 fail unusable medium 2", "http_status",
         at=(web.ERROR,)),
    Case("redirect", "F 0-39 fail unusable medium 2", "redirect",
         at=(web.REDIRECT,)),
    Case("media-type", "F 0-39 fail unusable high 2", "content_type",
         at=(web.NO_TYPE,)),
    Case("gzip", "F 0-39 fail unusable high 2", "content_encoding",
         at=(web.GZIP,)),
    Case("no-length", "B 75-89 warning enforcing low 1", "no_length",
         handler=script.says(script.headers(),
                             GOOD.replace(b"{d}", b"no-length.test"))),
    Case("truncated", "F 0-39 fail unusable high 2", "truncated",
         handler=script.says(script.headers("Content-Length: 1000"),
                             GOOD.replace(b"{d}", b"truncated.test"))),
    bad_policy("too-large", "too_large", good(b"", b"x: y\n" * 14000)),
    bad_policy("empty", "empty_body", b"", "F 0-39 fail unusable medium 2"),
    bad_policy("html", "html_body", b"<!DOCTYPE html><html><p>Hello</html>",
               "F 0-39 fail unusable medium 2"),
    # its certificate
    Case("cert-expired", "F 0-39 fail unusable high 2", "cert_expired",
         certificate={"begins": -9 * DAY, "ends": -DAY - HOUR}),
    Case("cert-5-days", "C 60-74 warning enforcing high 1",
         "cert_expiring cert_vs_cache",
         certificate={"ends": 5 * DAY + HOUR}),
    Case("cert-name", "F 0-39 fail unusable high 2", "cert_name",
         certificate_names=("www.{d}", "{d}")),
    Case("cert-cn", "F 0-39 fail unusable high 2", "cert_name",
         certificate_names=(),
         certificate={"common_name": "mta-sts.cert-cn.test"}),
    Case("cert-self", "F 0-39 fail unusable high 2", "cert_chain",
         certificate={"issuer": "self"}),
    Case("cert-stranger", "F 0-39 fail unusable high 2", "cert_chain",
         certificate={"issuer": "stranger"}),
    Case("cert-middle", "F 0-39 fail unusable high 2", "cert_chain",
         certificate={"has_chain": False}),
    Case("tls-1-1", "F 0-39 fail unusable medium 2", "tls_old",
         at=(web.OLD_TLS,)),
    Case("tls-all", "B 75-89 warning enforcing low 1", "tls_old",
         at=(web.ALL_TLS,)),
    # its text
    bad_policy("no-version", "policy_version",
               good(b"version: STSv1\n", b"")),
    bad_policy("bad-mode", "policy_mode", good(b"enforce", b"strict"),
               "F 0-39 fail unusable medium 2"),
    bad_policy("no-max-age", "policy_max_age",
               good(b"max_age: 2592000\n", b"")),
    bad_policy("no-mx", "no_mx",
               b"version: STSv1\nmode: enforce\nmax_age: 2592000\n"),
    bad_policy("bad-line", "bad_line", good(b"mode: ", b"# ours\nmode: ")),
    bad_policy("bad-mx", "bad_mx", good(b"mx1.{d}", b"mx1.{d}.")),
    bad_policy("mx-address", "mx_is_address",
               good(b"", b"mx: 192.0.2.1\n"),
               "B 75-89 warning enforcing low 1"),
    bad_policy("unknown-key", "unknown_key",
               good(b"", b"max-age: 86400\nid: 20260101\n"),
               "B 75-89 warning enforcing low 1"),
    bad_policy("duplicate-key", "duplicate_key",
               good(b"", b"mode: testing\n"),
               "B 75-89 warning enforcing low 1"),
    bad_policy("bare-cr", "bare_cr policy_mode policy_max_age", GOOD.replace(b"\n", b"\r"),
               "F 0-39 fail unusable medium 2"),
    bad_policy("bom", "bom", b"\xef\xbb\xbf" + GOOD),
    bad_policy("utf16", "bad_line",
               GOOD.decode().encode("utf-16"),
               "F 0-39 fail unusable medium 2"),
    bad_policy("latin-1", "bad_utf8", good(b"", b"note: gr\xfc\xdfe\n")),
    bad_policy("blank-lines", "strict_syntax", good(b"", b"\n\n"),
               "B 75-89 warning enforcing low 1"),
    # mail hosts
    Case("mx-none-match", "F 0-20 fail broken high 2",
         "mx_none_match mx_stale_pattern", patterns=("mail.elsewhere.test",)),
    Case("mx-partial", "D 40-55 warning partial high 1",
         "mx_partial_match", patterns=("mx1.{d}",)),
    Case("mx-stale", "B 75-89 warning enforcing low 1", "mx_stale_pattern",
         patterns=("mx1.{d}", "mx2.{d}", "*.mail.protection.outlook.com",
                   "old.{d}")),
    Case("mx-wide", "A 100 pass enforcing normal 0", "mx_wide",
         patterns=("*.{d}",)),
    Case("mx-null", "N/A - n/a null_mx normal 0", "null_mx",
         usual=NO_TLS_RPT, hosts=(), patterns=("{d}",), more=(("", "MX", "0 ."),)),
    Case("mx-implicit", "A 100 pass enforcing normal 0", "implicit_mx",
         hosts=(), patterns=("{d}",), more=(("", "A", mx.GOOD),)),
    Case("mx-odd", "B* 75-89 warning enforcing low 1", "mx_odd mx_wide smtp_unreachable",
         hosts=(("mx1.{d}", mx.GOOD),), patterns=("*.{d}",),
         more=(("", "MX", "10 mx1.{d}.", "20 alias.{d}.", "30 gone.{d}.",
                "40 inside.{d}."),
               ("alias.", "CNAME", "mx1.{d}."),
               ("inside.", "A", "10.1.2.3"))),
    Case("mx-clear", "D 40-55 fail partial high 2", "starttls_missing",
         hosts=two(mx.NO_STARTTLS)),
    Case("mx-clear-testing", "D 40-59 warning testing medium 1",
         "starttls_missing mode_testing stuck_testing", mode="testing",
         max_age=86400, hosts=two(mx.NO_STARTTLS)),
    Case("mx-454", "D 40-55 fail partial high 2", "starttls_failed",
         hosts=two(mx.BROKEN_TLS)),
    Case("mx-cert-name", "D 40-55 fail partial high 2", "mx_cert",
         hosts=two(mx.WRONG_NAME)),
    Case("mx-cert-expired", "F 0-20 fail broken high 2", "mx_cert",
         hosts=two(mx.EXPIRED, mx.EXPIRED)),
    Case("mx-cert-self", "D 40-55 fail partial high 2", "mx_cert",
         hosts=two(mx.SELF_SIGNED)),
    Case("mx-cert-5-days", "B 75-89 warning enforcing high 1",
         "mx_cert_expiring", hosts=two(mx.ENDING)),
    Case("mx-old-tls", "D 40-55 fail partial high 2", "mx_tls_old",
         hosts=two(mx.OLD_TLS)),
    Case("mx-silent", "A* 100 pass enforcing normal 0", "smtp_unreachable",
         hosts=two(mx.SILENT)),
    Case("mx-tarpit", "A* 100 pass enforcing normal 0", "smtp_unreachable",
         hosts=two(mx.TARPIT)),
    Case("mx-554", "A* 100 pass enforcing normal 0", "smtp_unreachable",
         hosts=two(mx.TURNED_AWAY, mx.CLOSED)),
    Case("no-smtp", "A* 100 pass enforcing normal 0",
         "smtp_unreachable", hosts=two(mx.NO_STARTTLS), options=("--no-smtp",)),
    # TLS-RPT
    Case("rpt-missing", "B 75-89 warning enforcing medium 1",
         "tls_rpt_missing", usual=NO_TLS_RPT, tlsrpt=()),
    Case("rpt-broken", "B 75-89 warning enforcing medium 1",
         "tls_rpt_syntax", usual=NO_TLS_RPT, tlsrpt=("v=TLSRPTv1",)),
    Case("rpt-http", "B 75-89 warning enforcing medium 1", "tls_rpt_rua",
         usual=NO_TLS_RPT, tlsrpt=("v=TLSRPTv1; rua=http://{d}/tls",)),
    # DANE; the resolver says that it has validated
    Case("dane-mismatch", "B 75-89 warning enforcing high 1",
         "dane_mismatch dane_absent",
         more=(("_25._tcp.mx1.", "TLSA", "3 1 1 " + 64 * "0"),),
         options=("-o", f"dns_servers={AUTHENTIC}")),
    *hostile(),
]
