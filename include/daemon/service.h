/* SPDX-License-Identifier: ISC */
/* The port behind the text of a next-hop's. */
#ifndef DAEMON_SERVICE_H
#define DAEMON_SERVICE_H

#include <stddef.h>
#include <stdint.h>

/*
 * A number, a name that Postfix knows by itself (smtp, submission, submissions
 * ...) or one of /etc/services, whose reading may block for a moment. 0: there
 * is no such service.
 */
uint16_t service_port(const char *text, size_t len);

#endif
