/* SPDX-License-Identifier: ISC */
#ifndef NET_HTTPREASON_H
#define NET_HTTPREASON_H

/* The words after a status, of those that httpd's users give; else "Error". */
const char *httpreason(int status);

#endif
