/* SPDX-License-Identifier: ISC */
/* RFC 3629 section 4, which RFC 8461 section 3.2 takes its UTF8-2..4 from. */
#include "sts/utf8.h"

size_t
sts_utf8_len(const char *at, size_t left)
{
	const unsigned char *s = (const unsigned char *)at;
	unsigned char low = 0x80, high = 0xbf;
	size_t n, i;

	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (left < n)
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0; /* overlong below */
	else if (s[0] == 0xed)
		high = 0x9f; /* surrogates above */
	else if (s[0] == 0xf0)
		low = 0x90; /* overlong below */
	else if (s[0] == 0xf4)
		high = 0x8f; /* U+10FFFF is the last */
	if (s[1] < low || s[1] > high)
		return 0;
	for (i = 2; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}
