/* SPDX-License-Identifier: ISC */
/* Who the process is. */
#ifndef BASE_USER_H
#define BASE_USER_H

/*
 * Become user (and group; "": the user's) for good: all ids and supplementary
 * groups. user "": stay, with a warning when that is root. -1 (logged) when
 * it cannot be.
 */
int user_become(const char *user, const char *group);

/*
 * Make a folder that is not there, for that user (0750), before becoming it;
 * what is there is left as it is. -1 (logged) when it cannot be made.
 */
int user_make_dir(const char *path, const char *user, const char *group);

#endif
