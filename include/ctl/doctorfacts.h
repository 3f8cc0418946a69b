/* SPDX-License-Identifier: ISC */
/*
 * What doctor has seen of this host: Postfix's configuration, the daemon, the
 * sockets and files between them, the way out. Collected by doctorpostfix,
 * doctordaemon, doctorhost and doctornet, judged by doctorrules; tests fill it
 * by hand. Strings are the struct's own; NULL is "not known" unless said.
 */
#ifndef CTL_DOCTORFACTS_H
#define CTL_DOCTORFACTS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/dns.h"
#include "net/smtp.h"
#include "sts/reason.h"

/* name = value, in the order they were put. A zeroed struct is empty. */
struct doctor_param {
	char *name;
	char *value;
};
struct doctor_params {
	struct doctor_param *item;
	size_t count;
};

/* Put, or put anew. */
void
doctor_params_set(struct doctor_params *, const char *name, const char *value);
/* NULL: there is none of that name. Lent until the next set. */
const char *doctor_params_get(const struct doctor_params *, const char *name);
void doctor_params_clear(struct doctor_params *);

struct doctor_texts {
	char **item;
	size_t count;
};
void doctor_texts_add(struct doctor_texts *, const char *);
void doctor_texts_clear(struct doctor_texts *);

/* A service of master.cf that runs smtp(8). */
struct doctor_client {
	char *name; /* "smtp" */
	char *type; /* "unix" */
	bool is_chrooted;
	struct doctor_params option; /* its -o name=value */
};

/* A file or folder on the way to a socket. */
struct doctor_step {
	char *path;
	uid_t uid;
	gid_t gid;
	mode_t mode;
	bool has_acl; /* mode is not the whole truth */
};

/* One address of a socketmap, from one side of the chroot. */
struct doctor_reach {
	char *address; /* as in main.cf: "inet:127.0.0.1:8461" */
	bool is_chrooted; /* seen from inside the queue directory */
	char *path; /* of unix: where that is, from outside */
	bool is_there; /* of unix: a socket is there */
	struct doctor_step *step; /* of unix: from the top down to it */
	size_t steps;
	char *
	    literal; /* the address that was tried: no relative path, no name */
	bool is_tried; /* somebody connected, from outside */
	int error; /* errno of that; 0: connected */
	char *reply; /* to a question that needs no look-up; NULL: none */
	bool is_listener; /* the daemon says it listens there */
};

/* A CAfile or CApath. */
struct doctor_ca {
	char *path; /* with the queue directory before it in a chroot */
	int error; /* errno; 0: it can be read */
	size_t certificates; /* in the file; hashed names in the folder */
};

/* How one of a next-hop's hosts answered on the next-hop's port. */
struct doctor_smtp {
	char *host;
	enum smtp_end end;
	char *detail; /* of a failure */
	char *certificate; /* what is wrong with its chain; NULL: nothing */
	bool is_name_ok; /* the certificate is for that host */
};

/* A next-hop that main.cf or a table in it names. */
struct doctor_hop {
	char *key; /* what smtp(8) asks for: "[relay.example]:587" */
	char *from; /* "relayhost", "transport_maps, example.com" */
	char *client; /* service that would deliver: "smtp" */
	char *reply; /* "OK secure match=..."; NULL: not asked */
	bool is_earlier; /* a table before ours has it */
	struct doctor_texts host; /* its MX hosts, or itself in brackets */
	struct doctor_smtp *smtp; /* of those the policy lists */
	size_t smtps;
};

struct doctor_postfix {
	bool is_there;
	char *error; /* when it is not: why */
	char *conf; /* --postfix-conf; NULL: Postfix's own */
	char *version; /* "3.7.11" */
	int number[3]; /* 3, 7, 11 */
	bool has_socketmap;
	struct doctor_params param; /* postconf -x: all, expanded */
	struct doctor_params set; /* postconf -n: in main.cf */
	struct doctor_client *client;
	size_t clients;
	bool has_owner; /* mail_owner is a user */
	uid_t uid;
	gid_t *gid; /* all its groups */
	size_t gids;
	struct doctor_texts unread; /* tables that cannot be listed */
};

enum doctor_api {
	DOCTOR_API_UP,
	DOCTOR_API_DOWN, /* nobody there */
	DOCTOR_API_DENIED, /* somebody, but we may not */
	DOCTOR_API_OFF, /* admin_listen is empty */
	DOCTOR_API_ODD /* something answers, not as it should */
};

/* One of the daemon's last fetches. */
struct doctor_fetch {
	char *domain;
	char *reason; /* "" when it went well */
	char *detail;
};

struct doctor_daemon {
	enum doctor_api api;
	char *api_address;
	char *api_error;
	char *version;
	bool is_healthy;
	struct doctor_texts reason; /* when it is not */
	char *binary;
	bool is_replaced; /* by a newer one, since the start */
	bool is_clock_suspect;
	bool has_resolver; /* the next two are known */
	bool is_ad_believed;
	char *servers;
	struct doctor_fetch *fetch; /* newest first */
	size_t fetches;
	char *user; /* it runs as, or would; NULL: not known */
	struct doctor_texts listener;
	bool is_answering; /* look-ups, at one of them */
	/* Of the running daemon, else of its file. */
	struct doctor_params setting; /* as --print-config prints */
	char *file; /* its configuration; never NULL once collected */
	bool is_file_there;
	bool is_folder_there; /* where it is, or would be */
	struct doctor_params in_file; /* what the file sets */
	char *file_error;
};

/* The folder of the cache. */
struct doctor_cache {
	char *path; /* NULL: not known */
	int error; /* errno of looking; 0: it is there */
	bool is_folder;
	uid_t uid;
	mode_t mode;
	bool has_user; /* uid_wanted: of the daemon's user */
	uid_t uid_wanted;
	char *foreign; /* a file in it that is somebody else's */
};

/* The way out, tried from here with the daemon's settings. */
struct doctor_net {
	bool is_tried;
	const char *skipped; /* why it was not; a constant */
	char *domain; /* whose policy was asked for */
	enum dns_status dns; /* of _mta-sts.domain */
	char *dns_detail;
	bool is_fetched;
	enum sts_reason fetch;
	char *fetch_detail;
	bool has_date; /* the policy host told its time */
	int64_t ahead_s; /* our clock less its */
	bool has_ad; /* a signed name was looked up */
	bool is_ad; /* and the answer said: authenticated */
	char *servers; /* that were asked */
	bool is_ad_believed; /* by dns_trust_ad, or loopback */
};

struct doctor_facts {
	struct doctor_postfix postfix;
	struct doctor_daemon daemon;
	struct doctor_reach *reach;
	size_t reaches;
	struct doctor_ca *ca;
	size_t cas;
	struct doctor_hop *hop;
	size_t hops;
	size_t hops_left; /* more there were than are asked for */
	struct doctor_cache cache;
	struct doctor_net net;
	char *system_ca; /* where this system keeps its CAs */
	bool has_systemd;
	bool is_root;
};

struct doctor_facts *doctor_facts_new(void);
void doctor_facts_free(struct doctor_facts *);

/* Zeroed new elements, theirs until facts are freed; lent until the next. */
struct doctor_client *doctor_client_new(struct doctor_facts *);
struct doctor_reach *doctor_reach_new(struct doctor_facts *);
struct doctor_step *doctor_step_new(struct doctor_reach *);
struct doctor_ca *doctor_ca_new(struct doctor_facts *);
struct doctor_hop *doctor_hop_new(struct doctor_facts *);
struct doctor_fetch *doctor_fetch_new(struct doctor_facts *);
struct doctor_smtp *doctor_smtp_new(struct doctor_hop *);

/* Free *text and put a copy in its place (NULL: none). */
void doctor_text_set(char **text, const char *);

/* What a client goes by: its own -o, else main.cf's; "" when neither has it.
 * client NULL: main.cf's. */
const char *doctor_value(const struct doctor_facts *,
    const struct doctor_client *, const char *name);
/* A setting of the daemon; "" when not known. */
const char *doctor_setting(const struct doctor_facts *, const char *name);

const struct doctor_ca *
doctor_ca_find(const struct doctor_facts *, const char *path);
const struct doctor_reach *doctor_reach_find(
    const struct doctor_facts *, const char *address, bool is_chrooted);

/* Is Postfix at least that? */
bool
doctor_postfix_is(const struct doctor_facts *, int major, int minor, int patch);

/* Does the service use our look-ups, or should it? Those that deliver by a
 * socketmap, the default transport's, "smtp". */
bool
doctor_client_counts(const struct doctor_facts *, const struct doctor_client *);

#endif
