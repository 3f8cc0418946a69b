/* SPDX-License-Identifier: ISC */
/*
 * Suffixes of host names, and whose they are. A wildcard in an mx line stands
 * for one label (RFC 8461 4.1): "*.google.com" would not cover
 * aspmx.l.google.com, so the patterns are spelled out.
 */
#include <string.h>
#include <strings.h>

#include "check/providers.h"

const struct provider providers[] = {
	{ "Google", "l.google.com",
	    { "aspmx.l.google.com", "*.aspmx.l.google.com" } },
	{ "Google", "google.com", { "smtp.google.com" } },
	{ "Google", "googlemail.com", { "*.googlemail.com" } },
	{ "Microsoft 365", "mail.protection.outlook.com",
	    { "*.mail.protection.outlook.com" } },
	{ "Microsoft 365", "mx.microsoft", { NULL } },
	{ "Outlook.com", "olc.protection.outlook.com",
	    { "*.olc.protection.outlook.com" } },
	{ "Fastmail", "messagingengine.com", { "*.messagingengine.com" } },
	{ "mailbox.org", "mailbox.org", { "*.mailbox.org" } },
	{ "Proton", "protonmail.ch",
	    { "mail.protonmail.ch", "mailsec.protonmail.ch" } },
	{ "Zoho", "zoho.com", { "*.zoho.com" } },
	{ "Zoho", "zoho.eu", { "*.zoho.eu" } },
	{ "Zoho", "zoho.in", { "*.zoho.in" } },
	{ "Zoho", "zoho.com.au", { "*.zoho.com.au" } },
	{ "Zoho", "zoho.jp", { "*.zoho.jp" } },
	{ "Mimecast", "mimecast.com", { "*.mimecast.com" } },
	{ "Mimecast", "mimecast-offshore.com", { "*.mimecast-offshore.com" } },
	{ "Proofpoint", "pphosted.com", { "*.gslb.pphosted.com" } },
	{ "Proofpoint Essentials", "ppe-hosted.com", { "*.ppe-hosted.com" } },
	{ "IONOS", "ionos.com", { "*.ionos.com" } },
	{ "IONOS", "ionos.de", { "*.ionos.de" } },
	{ "IONOS", "ionos.co.uk", { "*.ionos.co.uk" } },
	{ "IONOS", "ionos.fr", { "*.ionos.fr" } },
	{ "IONOS", "ionos.es", { "*.ionos.es" } },
	{ "IONOS", "ionos.it", { "*.ionos.it" } },
	{ "IONOS", "kundenserver.de", { "*.kundenserver.de" } },
	{ "IONOS", "1and1.com", { "*.1and1.com" } },
	{ "OVH", "mail.ovh.net", { "*.mail.ovh.net" } },
	{ "OVH", "mail.ovh.ca", { "*.mail.ovh.ca" } },
	{ "OVH", "ovh.net", { "*.ovh.net" } },
	{ "Gandi", "mail.gandi.net", { "*.mail.gandi.net" } },
	{ "Migadu", "migadu.com", { "*.migadu.com" } },
	{ "Tuta", "tutanota.de", { "mail.tutanota.de" } },
	{ "Posteo", "posteo.de", { "*.posteo.de" } },
	{ "iCloud", "mail.icloud.com", { "*.mail.icloud.com" } },
	{ "Yahoo", "yahoodns.net", { "*.am0.yahoodns.net" } },
	{ "Yandex", "yandex.net", { "mx.yandex.net" } },
	{ "Yandex", "yandex.ru", { "mx.yandex.ru" } },
	{ "Mail.ru", "mail.ru", { "*.mail.ru" } },
	{ "Cloudflare Email Routing", "mx.cloudflare.net",
	    { "*.mx.cloudflare.net" } },
	{ "Amazon", "amazonaws.com", { NULL } },
	{ "Rackspace", "emailsrvr.com", { "*.emailsrvr.com" } },
	{ "GoDaddy", "secureserver.net", { "*.secureserver.net" } },
	{ "Namecheap", "privateemail.com", { "*.privateemail.com" } },
	{ "Namecheap", "registrar-servers.com", { "*.registrar-servers.com" } },
	{ "Hostinger", "hostinger.com", { "*.hostinger.com" } },
	{ "Infomaniak", "infomaniak.ch", { "*.infomaniak.ch" } },
	{ "Strato", "rzone.de", { "*.rzone.de" } },
	{ "Barracuda", "barracudanetworks.com", { NULL } },
	{ "Cisco Secure Email", "iphmx.com", { NULL } },
	{ "Trend Micro", "tmes.trendmicro.com", { NULL } },
	{ "Trend Micro", "tmes.trendmicro.eu", { NULL } },
	{ "Sophos", "hydra.sophos.com", { "*.prod.hydra.sophos.com" } },
	{ "Hornetsecurity", "hornetsecurity.com", { "*.hornetsecurity.com" } },
	{ "Hornetsecurity", "antispameurope.com", { "*.antispameurope.com" } },
	{ "Forward Email", "forwardemail.net", { "*.forwardemail.net" } },
	{ "ImprovMX", "improvmx.com", { "*.improvmx.com" } },
	{ "SimpleLogin", "simplelogin.co", { "*.simplelogin.co" } },
	{ "Runbox", "runbox.com", { "*.runbox.com" } },
};
const size_t providers_count = sizeof(providers) / sizeof(providers[0]);

/* By the suffix of a name server. */
static const struct dns_host {
	const char *name, *suffix;
} dns_hosts[] = {
	{ "Cloudflare", "cloudflare.com" },
	{ "Azure DNS", "azure-dns.com" },
	{ "Azure DNS", "azure-dns.net" },
	{ "Azure DNS", "azure-dns.org" },
	{ "Azure DNS", "azure-dns.info" },
	{ "Google Cloud DNS", "googledomains.com" },
	{ "Google", "google.com" },
	{ "GoDaddy", "domaincontrol.com" },
	{ "Namecheap", "registrar-servers.com" },
	{ "Namecheap", "namecheaphosting.com" },
	{ "IONOS", "ui-dns.com" },
	{ "IONOS", "ui-dns.de" },
	{ "IONOS", "ui-dns.org" },
	{ "IONOS", "ui-dns.biz" },
	{ "OVH", "ovh.net" },
	{ "OVH", "ovh.ca" },
	{ "OVH", "anycast.me" },
	{ "Gandi", "gandi.net" },
	{ "DNSimple", "dnsimple.com" },
	{ "DNSimple", "dnsimple-edge.net" },
	{ "DigitalOcean", "digitalocean.com" },
	{ "Linode", "linode.com" },
	{ "Hetzner", "hetzner.com" },
	{ "Hetzner", "hetzner.de" },
	{ "Hetzner", "first-ns.de" },
	{ "Hetzner", "second-ns.de" },
	{ "NS1", "nsone.net" },
	{ "UltraDNS", "ultradns.net" },
	{ "UltraDNS", "ultradns.com" },
	{ "UltraDNS", "ultradns.org" },
	{ "UltraDNS", "ultradns.biz" },
	{ "Akamai", "akam.net" },
	{ "Oracle Dyn", "dynect.net" },
	{ "DNS Made Easy", "dnsmadeeasy.com" },
	{ "Hurricane Electric", "he.net" },
	{ "Wix", "wixdns.net" },
	{ "Squarespace", "squarespacedns.com" },
	{ "Name.com", "name.com" },
	{ "Enom", "name-services.com" },
	{ "Network Solutions", "worldnic.com" },
	{ "Infomaniak", "infomaniak.ch" },
	{ "Strato", "rzone.de" },
	{ "INWX", "inwx.de" },
	{ "TransIP", "transip.net" },
	{ "TransIP", "transip.nl" },
	{ "one.com", "one.com" },
	{ "Loopia", "loopia.se" },
	{ "deSEC", "desec.io" },
	{ "deSEC", "desec.org" },
	{ "Vercel", "vercel-dns.com" },
	{ "bunny.net", "bunny.net" },
	{ "Porkbun", "porkbun.com" },
	{ "Hover", "hover.com" },
	{ "Hostinger", "dns-parking.com" },
	{ "ClouDNS", "cloudns.net" },
	{ "easyDNS", "easydns.com" },
	{ "Alibaba Cloud", "alidns.com" },
	{ "DNSPod", "dnspod.net" },
};

/* Is name the suffix, or below it? */
static bool
is_below(const char *name, const char *suffix)
{
	size_t len = strlen(name), tail = strlen(suffix);

	return len >= tail && strcasecmp(name + len - tail, suffix) == 0 &&
	    (len == tail || name[len - tail - 1] == '.');
}

const struct provider *
provider_find(const char *host)
{
	const struct provider *best = NULL;
	size_t i;

	if (strncmp(host, "*.", 2) == 0)
		host += 2;
	for (i = 0; i < providers_count; i++) {
		if (is_below(host, providers[i].suffix) &&
		    (best == NULL ||
			strlen(providers[i].suffix) > strlen(best->suffix)))
			best = &providers[i];
	}
	return best;
}

const char *
provider_dns_find(const char *host)
{
	size_t i;

	for (i = 0; i < sizeof(dns_hosts) / sizeof(dns_hosts[0]); i++) {
		if (is_below(host, dns_hosts[i].suffix))
			return dns_hosts[i].name;
	}
	/* ns-123.awsdns-15.com, .net, .org, .co.uk */
	return strcasestr(host, ".awsdns-") != NULL ? "Amazon Route 53" : NULL;
}

const char *
provider_mail_of(const struct check_facts *facts)
{
	const struct provider *found;
	size_t i;

	for (i = 0; i < facts->hosts; i++) {
		found = provider_find(facts->host[i].mx->host);
		if (found != NULL)
			return found->name;
	}
	return NULL;
}

const char *
provider_dns_of(const struct check_facts *facts)
{
	const struct ev_dns *ns = &facts->evidence->ns;
	const char *found;
	size_t i;

	for (i = 0; i < ns->count; i++) {
		if (ns->rr[i].text.data == NULL)
			continue;
		found = provider_dns_find(ns->rr[i].text.data);
		if (found != NULL)
			return found;
	}
	return NULL;
}
