/* SPDX-License-Identifier: ISC */
/* The open jobs of a resolver, by domain. */
#include <string.h>

#include "daemon/job.h"

static int
compare_jobs(const struct job *a, const struct job *b)
{
	return strcmp(a->domain, b->domain);
}

/* What the tree's macros generate is theirs. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
RB_PROTOTYPE(job_tree, job, entry, compare_jobs)
RB_GENERATE(job_tree, job, entry, compare_jobs)
#pragma GCC diagnostic pop

void
jobs_add(struct job *job)
{
	RB_INSERT(job_tree, &job->resolver->jobs, job);
	job->resolver->job_count++;
}

void
jobs_remove(struct job *job)
{
	RB_REMOVE(job_tree, &job->resolver->jobs, job);
	job->resolver->job_count--;
}

struct job *
jobs_find(struct resolver *r, const char *domain, size_t len)
{
	struct job key; /* its name alone is compared */

	if (r->job_count == 0)
		return NULL;
	memcpy(key.domain, domain, len);
	key.domain[len] = '\0';
	return RB_FIND(job_tree, &r->jobs, &key);
}

struct job *
jobs_next(struct resolver *r, const char *name)
{
	struct job key = { .domain_len = strlen(name) }, *job;

	(void)strlcpy(key.domain, name, sizeof(key.domain));
	job = RB_NFIND(job_tree, &r->jobs, &key);
	if (job != NULL && strcmp(job->domain, name) == 0)
		job = RB_NEXT(job_tree, &r->jobs, job);
	return job;
}
