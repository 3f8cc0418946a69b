/* SPDX-License-Identifier: ISC */
/* --explain. MX hosts and their patterns. */
#include "check/explain.h"

const struct explain_text explain_mx[] = {
	{ "mx_none_match",
	    "mx_none_match: No MX host is covered by the policy.\n"
	    "\n"
	    "Senders compare each MX name with the mx lines. When none "
	    "matches,\n"
	    "a sender that honours an enforce policy has no host left to\n"
	    "deliver to: it defers, retries for days, then returns the mail. "
	    "In\n"
	    "testing it only reports. The usual cause is a change of mail\n"
	    "provider while the policy still names the old one.\n"
	    "\n"
	    "Fix now: go back to testing, or publish the right mx lines, with "
	    "a\n"
	    "new id. A new id is enough for senders to fetch again.\n"
	    "\n"
	    "RFC 8461, section 4.1.\n" },
	{ "mx_partial_match",
	    "mx_partial_match: Some MX hosts are not covered by the policy.\n"
	    "\n"
	    "Under enforce, senders skip those hosts. While others work, mail\n"
	    "arrives; when they are down, mail waits although a backup would\n"
	    "have taken it. Such a gap shows only on the worst day.\n"
	    "\n"
	    "Fix: add a line for each host that is missing; a wider wildcard "
	    "is\n"
	    "the second choice. Or remove the MX record if the host is not\n"
	    "meant to take mail.\n"
	    "\n"
	    "RFC 8461, section 4.1.\n" },
	{ "mx_stale_pattern",
	    "mx_stale_pattern: The policy names hosts that are no MX host.\n"
	    "\n"
	    "A pattern without an MX host matches nothing today. It is "
	    "harmless\n"
	    "for delivery, but whoever runs that name may stand in for you if\n"
	    "DNS is forged. Where it belongs to a former provider, the policy\n"
	    "is behind a migration.\n"
	    "\n"
	    "Fix: remove the line, then change the id.\n"
	    "\n"
	    "RFC 8461, section 10.4.\n" },
	{ "mx_wide",
	    "mx_wide: A wildcard is wider than it needs to be.\n"
	    "\n"
	    "With \"*.example.com\" every host of that domain that has a\n"
	    "certificate counts as your MX. Under a public suffix (*.co.uk)\n"
	    "that is everybody.\n"
	    "\n"
	    "Fix: name the MX hosts, or use the provider's own narrower\n"
	    "pattern.\n"
	    "\n"
	    "RFC 8461, section 10.4. Topic: wildcards.\n" },
	{ "mx_odd",
	    "mx_odd: An MX record points at something unusual.\n"
	    "\n"
	    "It is an alias (CNAME), an address in place of a name, a name "
	    "that\n"
	    "does not resolve or has an underscore, or one with a private\n"
	    "address. Such a host is not probed. Senders treat these cases\n"
	    "differently; some never deliver there.\n"
	    "\n"
	    "Fix: let MX records name hosts that have A or AAAA records of\n"
	    "their own.\n"
	    "\n"
	    "RFC 5321, section 5.1; RFC 2181, section 10.3.\n" },
	{ "mx_changed",
	    "mx_changed: The MX hosts have changed since the policy was last\n"
	    "seen to.\n"
	    "\n"
	    "The MX records are not those of an earlier check, while the "
	    "policy\n"
	    "stayed the same. After a migration the policy usually has to\n"
	    "follow. This needs the memory of earlier checks.\n"
	    "\n"
	    "Fix: compare the mx lines with the MX records, publish, then\n"
	    "change the id.\n" },
	{ "null_mx",
	    "null_mx: The domain takes no mail.\n"
	    "\n"
	    "It has a null MX record (\"0 .\"), so there is nothing for "
	    "MTA-STS\n"
	    "to protect, and nothing is graded.\n"
	    "\n"
	    "RFC 7505, section 3.\n" },
	{ "implicit_mx",
	    "implicit_mx: The domain has no MX record.\n"
	    "\n"
	    "Senders then deliver to the domain's own address. The policy "
	    "must\n"
	    "name the domain itself: \"mx: DOMAIN\". An MX record says the "
	    "same\n"
	    "more clearly.\n"
	    "\n"
	    "RFC 5321, section 5.1.\n" },
	{ NULL, NULL },
};
