/* SPDX-License-Identifier: ISC */
/* libcurl's own URL parser, so that it cannot read the URL otherwise. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/buf.h"
#include "net/proxy.h"

static bool
is_address(const char *host)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, host, bytes) == 1 ||
	    inet_pton(AF_INET6, host, bytes) == 1;
}

/* "[::1]" and "Proxy.Example" to "::1" and "proxy.example". */
static bool
copy_host(const char *from, struct proxy *proxy)
{
	size_t len = strlen(from), i;

	if (len >= 2 && from[0] == '[' && from[len - 1] == ']') {
		from++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof(proxy->host))
		return false;
	for (i = 0; i < len; i++)
		proxy->host[i] = (char)tolower((unsigned char)from[i]);
	proxy->host[len] = '\0';
	proxy->is_address = is_address(proxy->host);
	return true;
}

static bool
read_parts(CURLU *url, struct proxy *proxy)
{
	char *host = NULL, *port = NULL, *scheme = NULL, *path = NULL;
	bool is_good;

	is_good =
	    curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    strcmp(scheme, "http") == 0 &&
	    curl_url_get(url, CURLUPART_PATH, &path, 0) == CURLUE_OK &&
	    strcmp(path, "/") == 0 &&
	    curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    copy_host(host, proxy);
	proxy->port = PROXY_PORT_DEFAULT;
	if (is_good && curl_url_get(url, CURLUPART_PORT, &port, 0) == CURLUE_OK)
		proxy->port = (uint16_t)strtoul(port, NULL, 10);
	curl_free(host);
	curl_free(port);
	curl_free(scheme);
	curl_free(path);
	return is_good && proxy->port != 0;
}

bool
proxy_parse(const char *text, struct proxy *out)
{
	CURLU *url = curl_url();
	struct buf full = { 0 };
	struct proxy proxy = { .url = text };
	bool is_good;

	if (url == NULL)
		return false;
	buf_printf(
	    &full, "%s%s", strstr(text, "://") == NULL ? "http://" : "", text);
	is_good =
	    curl_url_set(url, CURLUPART_URL, buf_str(&full), 0) == CURLUE_OK &&
	    read_parts(url, &proxy);
	curl_url_cleanup(url);
	buf_clear(&full);
	if (is_good)
		*out = proxy;
	return is_good;
}
