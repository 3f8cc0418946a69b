/* SPDX-License-Identifier: ISC */
/* The rules' functions, by file. */
#ifndef CTL_DOCTORTABLE_H
#define CTL_DOCTORTABLE_H

#include "ctl/doctorrules.h"

/* doctorrules_daemon.c */
doctor_rule_fn doctor_rule_config_error, doctor_rule_daemon_down,
    doctor_rule_daemon_unhealthy, doctor_rule_daemon_replaced,
    doctor_rule_cache_rights, doctor_rule_clock;
/* doctorrules_net.c */
doctor_rule_fn doctor_rule_dns, doctor_rule_https, doctor_rule_fetch_refused;
/* doctorrules_hop.c */
doctor_rule_fn doctor_rule_nexthop_deferred, doctor_rule_nexthop_tls,
    doctor_rule_nexthop_temp;
/* doctorrules_map.c */
doctor_rule_fn doctor_rule_postfix_missing, doctor_rule_postfix_old,
    doctor_rule_map_missing, doctor_rule_map_twice, doctor_rule_map_proxied,
    doctor_rule_map_hidden, doctor_rule_map_name_new, doctor_rule_map_name_old,
    doctor_rule_map_name_unknown;
/* doctorrules_reach.c */
doctor_rule_fn doctor_rule_map_address, doctor_rule_map_stranger,
    doctor_rule_map_chroot, doctor_rule_map_rights;
/* doctorrules_tls.c */
doctor_rule_fn doctor_rule_level_none, doctor_rule_ca_missing,
    doctor_rule_ca_unreadable, doctor_rule_main_level,
    doctor_rule_session_cache, doctor_rule_wildcard_labels,
    doctor_rule_mx_patterns;
/* doctorrules_dane.c */
doctor_rule_fn doctor_rule_dane_off, doctor_rule_dane_postfix_old,
    doctor_rule_dane_dns_support, doctor_rule_dane_mx_error,
    doctor_rule_dane_host_lookup, doctor_rule_dane_resolver_options,
    doctor_rule_dane_resolver;

#endif
