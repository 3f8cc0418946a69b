/* SPDX-License-Identifier: ISC */
/* --explain. The policy host's certificate, and the grammar of the file. */
#include "check/explain.h"

const struct explain_text explain_certificate[] = {
	{ "cert_expired",
	    "cert_expired: The policy host's certificate is not valid today.\n"
	    "\n"
	    "It has expired, or its time has not begun. Senders cannot fetch\n"
	    "the policy any more. Those that have it cached go on enforcing\n"
	    "until max_age after their last fetch; then they fall back,\n"
	    "silently, to mail without verified TLS. No mail bounces, so "
	    "nobody\n"
	    "notices.\n"
	    "\n"
	    "Fix: renew now, and reload the web server (a renewed file that "
	    "was\n"
	    "never loaded is the usual cause). Renew automatically, and let "
	    "the\n"
	    "alarm ring earlier than max_age before the end.\n"
	    "\n"
	    "RFC 8461, sections 3.3 and 10.2.\n" },
	{ "cert_name",
	    "cert_name: The certificate is for other names.\n"
	    "\n"
	    "It must carry mta-sts.DOMAIN as a DNS name in subjectAltName. A\n"
	    "common name (CN) alone does not count. A wildcard counts when "
	    "the\n"
	    "star is the whole first label: *.example.com covers\n"
	    "mta-sts.example.com, not mta-sts.mail.example.com.\n"
	    "\n"
	    "Fix: issue a certificate for mta-sts.DOMAIN and configure it for\n"
	    "that name. Where a provider hosts the file, it is the provider\n"
	    "that needs it.\n"
	    "\n"
	    "RFC 8461, section 3.3.\n" },
	{ "cert_chain",
	    "cert_chain: No trusted authority vouches for the certificate.\n"
	    "\n"
	    "It is self-signed, from a private authority, or the server does\n"
	    "not send the intermediate certificate. Browsers often hide the\n"
	    "last case by fetching what is missing; mail servers do not.\n"
	    "\n"
	    "Fix: configure the full chain (leaf first, then intermediates), "
	    "or\n"
	    "get a certificate of a public authority.\n"
	    "\n"
	    "  openssl s_client -connect mta-sts.DOMAIN:443 \\\n"
	    "      -servername mta-sts.DOMAIN -showcerts </dev/null\n"
	    "\n"
	    "RFC 8461, section 3.3.\n" },
	{ "cert_expiring",
	    "cert_expiring: The policy host's certificate ends soon.\n"
	    "\n"
	    "Fewer days are left than --cert-warn-days (14); below\n"
	    "--cert-high-days (7) it is urgent. Automatic renewal normally "
	    "acts\n"
	    "a month before the end, so something is not working.\n"
	    "\n"
	    "When it ends, cached senders enforce on until their copies "
	    "expire,\n"
	    "then fall back silently. Renew automatically, and set the alarm\n"
	    "earlier than max_age before the end.\n"
	    "\n"
	    "RFC 8461, section 3.3.\n" },
	{ "tls_old",
	    "tls_old: The policy host speaks old TLS.\n"
	    "\n"
	    "Without TLS 1.2 or later no sender that keeps to the standard "
	    "can\n"
	    "fetch the policy (critical). With 1.0 or 1.1 beside it (warning)\n"
	    "the policy works, but those versions are retired.\n"
	    "\n"
	    "Fix (nginx):\n"
	    "\n"
	    "  ssl_protocols TLSv1.2 TLSv1.3;\n"
	    "\n"
	    "RFC 8461, section 7; RFC 8996.\n" },
	{ "cert_vs_cache",
	    "cert_vs_cache: The certificate ends before a copy fetched now\n"
	    "would.\n"
	    "\n"
	    "That is normal for short-lived certificates and a long max_age. "
	    "It\n"
	    "means: if renewal fails, copies outlive the certificate, and you\n"
	    "notice nothing until they end. So watch the certificate and not\n"
	    "the mail log.\n"
	    "\n"
	    "RFC 8461, section 10.2.\n" },
	{ "policy_version",
	    "policy_version: The policy does not say \"version: STSv1\".\n"
	    "\n"
	    "The key is in small letters, the value is exactly STSv1, and it "
	    "is\n"
	    "customary, though not required, to put it first. Without it the\n"
	    "file is no policy.\n"
	    "\n"
	    "RFC 8461, section 3.2.\n" },
	{ "policy_mode",
	    "policy_mode: The policy has no valid mode.\n"
	    "\n"
	    "It has to be one of enforce, testing and none, in small letters.\n"
	    "\"mode: enforced\" or \"mode: Testing\" makes the whole policy\n"
	    "invalid.\n"
	    "\n"
	    "RFC 8461, sections 3.2 and 5. Topic: modes.\n" },
	{ "policy_max_age",
	    "policy_max_age: The policy has no valid max_age.\n"
	    "\n"
	    "It is a number of seconds, digits only, at most ten of them: no\n"
	    "unit, no sign, no comma. 86400 is a day, 604800 a week, 31557600\n"
	    "(the maximum) a year.\n"
	    "\n"
	    "RFC 8461, section 3.2. Topic: max-age.\n" },
	{ "no_mx",
	    "no_mx: The policy names no MX host.\n"
	    "\n"
	    "In mode enforce or testing at least one mx line is needed, or "
	    "the\n"
	    "policy is invalid. Only mode none may do without.\n"
	    "\n"
	    "Fix: a line for each MX host, \"mx: HOST\", one host a line.\n"
	    "\n"
	    "RFC 8461, section 3.2.\n" },
	{ "bad_line",
	    "bad_line: A line of the policy cannot be read.\n"
	    "\n"
	    "Each line is a key, a colon right after it, and a value. Not\n"
	    "allowed: a comment, a blank before the key or the colon, an "
	    "empty\n"
	    "value, a control byte, quotes around it all. UTF-16, as some\n"
	    "editors save it, is not either. One such line makes the whole\n"
	    "policy invalid for strict senders and for this daemon.\n"
	    "\n"
	    "Fix: remove the line or correct it; the report quotes it with "
	    "its\n"
	    "number.\n"
	    "\n"
	    "RFC 8461, section 3.2.\n" },
	{ "max_age_range",
	    "max_age_range: max_age is outside what is useful.\n"
	    "\n"
	    "Above 31557600 (a year): this host caps it, but some senders\n"
	    "ignore the whole policy. 0: legal, and means that the policy is\n"
	    "used once and not cached, so an attacker only has to block one\n"
	    "fetch.\n"
	    "\n"
	    "Fix: 604800 (a week) or more, up to a year.\n"
	    "\n"
	    "RFC 8461, section 3.2. Topic: max-age.\n" },
	{ "bad_mx",
	    "bad_mx: An mx line does not hold a host name.\n"
	    "\n"
	    "It must be a host name or \"*.\" and a name. Frequent faults: a\n"
	    "trailing dot, an underscore, a star inside a name, several hosts\n"
	    "on one line, a port or preference, a name in its own script "
	    "where\n"
	    "the A-label (xn--...) belongs. The policy is then invalid.\n"
	    "\n"
	    "RFC 8461, section 3.2; RFC 5321, section 4.1.2.\n" },
	{ "mx_is_address",
	    "mx_is_address: An mx line holds an address, or a word that "
	    "Postfix\n"
	    "takes for its own.\n"
	    "\n"
	    "1.2.3.4 fits the grammar, but an address is never an MX name, so\n"
	    "it can match nothing. \"hostname\", \"nexthop\" and "
	    "\"dot-nexthop\"\n"
	    "alone mean something else to Postfix. This daemon leaves them "
	    "out;\n"
	    "when nothing is left, the policy is invalid.\n"
	    "\n"
	    "Fix: name the hosts as your MX records do.\n"
	    "\n"
	    "RFC 8461, section 4.1.\n" },
	{ "unknown_key",
	    "unknown_key: The policy has a key that nobody knows.\n"
	    "\n"
	    "Unknown keys are ignored, as they should be. When one looks like "
	    "a\n"
	    "known key misspelt (\"max-age\", \"modes\", \"mxs\"), the value "
	    "you\n"
	    "meant is not in force. A policy has no id: that lives in the TXT\n"
	    "record.\n"
	    "\n"
	    "RFC 8461, section 3.2.\n" },
	{ "duplicate_key",
	    "duplicate_key: A key that may stand once stands twice.\n"
	    "\n"
	    "The first one counts, by the standard, but senders disagree in\n"
	    "practice: two of them may enforce two different policies. Only "
	    "mx\n"
	    "may be repeated.\n"
	    "\n"
	    "Fix: keep one line of each of version, mode and max_age.\n"
	    "\n"
	    "RFC 8461, section 3.2.\n" },
	{ "bare_cr",
	    "bare_cr: A line ends with CR alone.\n"
	    "\n"
	    "Lines end with LF or CRLF; both are fine, also mixed. A CR alone\n"
	    "(old Mac editors, broken conversions) joins two lines into one "
	    "bad\n"
	    "one.\n"
	    "\n"
	    "RFC 8461, section 3.2; erratum 6253.\n" },
	{ "bom",
	    "bom: The file begins with a byte order mark.\n"
	    "\n"
	    "Three invisible bytes (EF BB BF), left by an editor, stand "
	    "before\n"
	    "\"version\", which is then another key. Save it as UTF-8 without "
	    "a\n"
	    "mark, or as plain ASCII.\n"
	    "\n"
	    "  sed -i '1s/^\\xef\\xbb\\xbf//' mta-sts.txt\n" },
	{ "bad_utf8",
	    "bad_utf8: The file holds bytes that are no UTF-8 text.\n"
	    "\n"
	    "Everything that counts is ASCII. In the value of an unknown key,\n"
	    "valid UTF-8 is allowed and only remarked; any other byte makes "
	    "the\n"
	    "policy invalid.\n"
	    "\n"
	    "RFC 8461, section 3.2.\n" },
	{ "strict_syntax",
	    "strict_syntax: The file has blank lines.\n"
	    "\n"
	    "The grammar has no room for them. Most senders skip them, this "
	    "one\n"
	    "too; some strict ones refuse the policy.\n"
	    "\n"
	    "Fix: remove them, also at the end of the file.\n"
	    "\n"
	    "RFC 8461, section 3.2.\n" },
	{ "long_line",
	    "long_line: A line is over 1,024 bytes long.\n"
	    "\n"
	    "The standard has no limit, so this is only a remark: some "
	    "parsers\n"
	    "have one, and no useful line of a policy is that long.\n" },
	{ NULL, NULL },
};
