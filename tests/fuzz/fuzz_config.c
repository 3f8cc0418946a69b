/* SPDX-License-Identifier: ISC */
/* What a setting takes, it prints, and takes again from that. */
#include <stdlib.h>
#include <string.h>

#include "base/configfile.h"
#include "base/configvalue.h"
#include "base/xmalloc.h"
#include "fuzz.h"

static void
set_again(struct config *config, const struct config_setting *setting,
    const char *text)
{
	struct buf one = { 0 }, two = { 0 }, why = { 0 };

	if (!configvalue_set(config, setting, text, &why)) {
		HOLDS(why.len > 0);
		buf_clear(&why);
		return;
	}
	HOLDS(why.len == 0);
	configvalue_put(&one, config, setting);
	HOLDS(configvalue_set(config, setting, buf_str(&one), &why));
	configvalue_put(&two, config, setting);
	HOLDS(strcmp(buf_str(&one), buf_str(&two)) == 0);
	buf_clear(&one);
	buf_clear(&two);
}

void
fuzz_config(const char *data, size_t len)
{
	const struct config_setting *setting;
	struct config *config = xcalloc(1, sizeof(*config));
	struct configfile file = { 0 };
	struct buf error = { 0 };
	size_t count, i, j;

	setting = config_settings(&count);
	if (configfile_parse("file", data, len, &file, &error) == -1)
		HOLDS(strncmp(buf_str(&error), "file:", 5) == 0);
	for (i = 0; i < file.count; i++)
		for (j = 0; j < count; j++)
			if (strcmp(file.item[i].name, setting[j].name) == 0)
				set_again(
				    config, &setting[j], file.item[i].value);
	configfile_clear(&file);
	buf_clear(&error);
	config_free(config);
}
