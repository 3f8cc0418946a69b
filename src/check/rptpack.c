/* SPDX-License-Identifier: ISC */
/* What it is, its first bytes tell. zlib is used here only. */
#include <stdio.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "check/rptpack.h"

#define GZIP_ONLY   (16 + MAX_WBITS)
#define CHUNK_BYTES 65536

static bool
refuse(char error[RPT_ERROR_BYTES], const char *why)
{
	snprintf(error, RPT_ERROR_BYTES, "%s", why);
	return false;
}

static bool
is_gzip(const char *data, size_t len)
{
	return len >= 2 && memcmp(data, "\x1f\x8b", 2) == 0;
}

static bool
is_json(const char *data, size_t len)
{
	size_t i = 0;

	if (len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)
		i = 3;
	while (i < len && data[i] != '\0' && strchr(" \t\r\n", data[i]) != NULL)
		i++;
	return i < len && (data[i] == '{' || data[i] == '[');
}

static bool
put_json(const char *data, size_t len, struct buf *json)
{
	/* RFC 8259 lets a parser ignore a byte order mark; ours does not. */
	if (len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
		data += 3;
		len -= 3;
	}
	buf_put(json, data, len);
	return true;
}

/* One member of a gzip file; what is more than a report may be is a bomb. */
static bool
inflate_all(z_stream *z, struct buf *out, char error[RPT_ERROR_BYTES])
{
	int result;

	do {
		z->next_out = (Bytef *)buf_reserve(out, CHUNK_BYTES);
		z->avail_out = CHUNK_BYTES;
		result = inflate(z, Z_NO_FLUSH);
		if (result != Z_OK && result != Z_STREAM_END)
			return refuse(error, "broken gzip");
		out->len += CHUNK_BYTES - z->avail_out;
		if (out->len > RPT_BYTES_MAX)
			return refuse(error, "too large when unpacked");
	} while (result != Z_STREAM_END);
	out->data[out->len] = '\0';
	return true;
}

static bool
gunzip(
    const char *data, size_t len, struct buf *json, char error[RPT_ERROR_BYTES])
{
	struct buf text = { 0 };
	z_stream z = { 0 };
	bool is_good;

	if (inflateInit2(&z, GZIP_ONLY) != Z_OK)
		return refuse(error, "no memory for gzip");
	z.next_in = (const Bytef *)data;
	z.avail_in = (uInt)len;
	is_good = inflate_all(&z, &text, error);
	inflateEnd(&z);
	if (is_good && is_json(buf_str(&text), text.len))
		put_json(buf_str(&text), text.len, json);
	else if (is_good)
		is_good = refuse(error, "no JSON in the gzip");
	buf_clear(&text);
	return is_good;
}

bool
rpt_unpack(
    const char *data, size_t len, struct buf *json, char error[RPT_ERROR_BYTES])
{
	struct buf part = { 0 };
	bool is_good;

	if (len > RPT_BYTES_MAX)
		return refuse(error, "too large");
	if (is_gzip(data, len))
		return gunzip(data, len, json, error);
	if (is_json(data, len))
		return put_json(data, len, json);
	if (!rpt_mail_find(data, len, &part))
		is_good = refuse(
		    error, "neither JSON nor gzip nor a mail with a report");
	else if (is_gzip(buf_str(&part), part.len))
		is_good = gunzip(buf_str(&part), part.len, json, error);
	else if (is_json(buf_str(&part), part.len))
		is_good = put_json(buf_str(&part), part.len, json);
	else
		is_good = refuse(error, "the attachment is no report");
	buf_clear(&part);
	return is_good;
}
