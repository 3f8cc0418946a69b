# SPDX-License-Identifier: ISC
"""A mail world on loopback: name servers, policy hosts, mail hosts, Postfix
and the daemon under test. Only for use inside tests/e2e/namespace."""
