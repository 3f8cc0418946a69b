/* SPDX-License-Identifier: ISC */
/* The trust store and libcurl, set up once for all fetches. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <curl/curl.h>
#include <openssl/crypto.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "net/address.h"
#include "net/fetcher.h"
#include "net/proxy.h"

/* False when a setting names no network or no proxy (logged). */
static bool
check_settings(const struct config *config)
{
	struct address_net net;
	struct proxy proxy;
	size_t i;

	for (i = 0; i < config->allow_networks.count; i++)
		if (!address_net_parse(config->allow_networks.item[i], &net)) {
			log_error("fetch", "allow_networks: %s is no network",
			    config->allow_networks.item[i]);
			return false;
		}
	/* The URL may hold a password: it is not logged. */
	if (config->proxy[0] != '\0' && !proxy_parse(config->proxy, &proxy)) {
		log_error("fetch", "proxy: must be http://host:port");
		return false;
	}
	return true;
}

static void *
tls_alloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return xmalloc(size);
}

static void *
tls_realloc(void *p, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	if (size > 0)
		return xrealloc(p, size);
	free(p);
	return NULL;
}

static void
tls_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

struct fetcher *
fetcher_new(struct loop *loop, struct dns *dns, const struct config *config)
{
	struct fetcher *fetcher;
	size_t i;

	if (!check_settings(config))
		return NULL;
	/* libcurl would write the keys of every connection to that file. */
	unsetenv("SSLKEYLOGFILE");
	/*
	 * Without memory libcurl forgets sockets, and TLS fails in any way, as
	 * if the server were wrong: end, and begin again. (What has allocated
	 * before, as in programs that test, keeps what it has.)
	 */
	(void)CRYPTO_set_mem_functions(tls_alloc, tls_realloc, tls_free);
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, xmalloc, free, xrealloc,
		xstrdup, xcalloc) != CURLE_OK) {
		log_error("fetch", "libcurl cannot be initialised");
		return NULL;
	}
	fetcher = xcalloc(1, sizeof(*fetcher));
	fetcher->loop = loop;
	fetcher->dns = dns;
	fetcher->config = config;
	for (i = 0; i < FETCH_PRIORITIES; i++)
		TAILQ_INIT(&fetcher->queue[i]);
	fetcher->trust = trust_new(config->tls_ca_file);
	if (fetcher->trust != NULL)
		fetcher->pool = transfer_pool_new(loop, config, fetcher->trust);
	if (fetcher->pool == NULL) {
		fetcher_free(fetcher);
		return NULL;
	}
	return fetcher;
}

int
fetcher_prepare(struct fetcher *fetcher, const struct config *next)
{
	if (!check_settings(next))
		return -1;
	return trust_reload(fetcher->trust, next->tls_ca_file);
}

void
fetcher_count(const struct fetcher *fetcher, struct fetcher_counts *counts)
{
	counts->running = (size_t)fetcher->running;
	counts->waiting = fetcher->count - (size_t)fetcher->running;
	counts->certificates =
	    trust_count(fetcher->trust, &counts->trust_loaded);
}

X509_STORE *
fetcher_trust(const struct fetcher *fetcher)
{
	return trust_store(fetcher->trust);
}

void
fetcher_free(struct fetcher *fetcher)
{
	if (fetcher == NULL)
		return;
	assert(fetcher->count == 0);
	loop_defer_cancel(fetcher->starting);
	transfer_pool_free(fetcher->pool);
	trust_free(fetcher->trust);
	free(fetcher);
	curl_global_cleanup();
}

const char *
fetch_library_version(void)
{
	static char text[128];
	const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

	snprintf(text, sizeof(text), "libcurl %s %s", info->version,
	    info->ssl_version != NULL ? info->ssl_version : "without TLS");
	return text;
}
