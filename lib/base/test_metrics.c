#include "metrics.h"
#include "metrics_private.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[64];
static TALLOC_CTX *pages;

static void set_up(void)
{
	char folder[] = "/tmp/scorpius-metrics-XXXXXX";
	pages = mem_new("pages", 0);
	cr_assert(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/metrics", folder);
}

static void tear_down(void)
{
	metrics_close();
	talloc_free(pages);
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
}
TestSuite(metrics, .init = set_up, .fini = tear_down);

static const char *page(void)
{
	struct buf out;
	buf_init(&out, pages, 1 << 20);
	metrics_write(&out, NULL, NULL);
	cr_assert(!out.full);
	return out.data;
}

static bool says(const char *line)
{
	const char *at = strstr(page(), line);
	return at && (at[-1] == '\n') && at[strlen(line)] == '\n';
}

/* A child that joins, counts, and ends as it is told. */
static void in_child(enum metric_pool pool, int by_signal)
{
	pid_t pid = fork();
	int status;
	if (pid == 0) {
		metrics_open(path, pool);
		metric_add(METRIC_LOGINS, metric_cell(METRIC_LOGINS, "ok", NULL, NULL), 3);
		metric_add(METRIC_DB_STATEMENTS, 0, 5);
		if (by_signal)
			raise(by_signal);
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
}

Test(metrics, counts_without_a_file)
{
	metric_add(METRIC_LOGINS, metric_cell(METRIC_LOGINS, "failed", NULL, NULL), 2);
	metrics_open("", METRIC_POOL_API);
	metric_add(METRIC_LOGINS, metric_cell(METRIC_LOGINS, "failed", NULL, NULL), 2);
	cr_assert(says("scorpius_logins_total{result=\"failed\"} 4"));
	metrics_open("/nowhere/at/all", METRIC_POOL_API);
	cr_assert(says("scorpius_logins_total{result=\"failed\"} 4"));
}

Test(metrics, what_ended_processes_counted_stays_and_goes_on)
{
	in_child(METRIC_POOL_BULK, 0);
	in_child(METRIC_POOL_BULK, SIGKILL);
	in_child(METRIC_POOL_JOBS, SIGKILL);
	metrics_open(path, METRIC_POOL_API);
	cr_assert(says("scorpius_logins_total{result=\"ok\"} 9"));
	cr_assert(says("scorpius_db_statements_total{pool=\"bulk\"} 10"));
	cr_assert(says("scorpius_db_statements_total{pool=\"jobs\"} 5"));
	cr_assert(says("scorpius_db_statements_total{pool=\"api\"} 0"));
	cr_assert(says("scorpius_worker_starts_total{pool=\"bulk\"} 2"));
	cr_assert(says("scorpius_workers{pool=\"bulk\",state=\"idle\"} 0"), "they have ended");
	cr_assert(says("scorpius_workers{pool=\"api\",state=\"idle\"} 1"));
	/* The second of the pool took the place of the first. */
	cr_assert_eq(atomic_load(&metrics_here()->heads[0].pool), METRIC_POOL_BULK + 1);
	cr_assert_eq(atomic_load(&metrics_here()->heads[1].pool), METRIC_POOL_JOBS + 1);
	cr_assert_eq(atomic_load(&metrics_here()->heads[2].pool), METRIC_POOL_API + 1);
}

Test(metrics, living_processes_have_places_of_their_own)
{
	int ready[2], leave[2];
	char c;
	cr_assert(pipe(ready) == 0 && pipe(leave) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		metrics_open(path, METRIC_POOL_API);
		metric_add(METRIC_STORE_DAMAGED, 0, 1);
		metrics_busy(true);
		if (write(ready[1], "", 1) == 1 && read(leave[0], &c, 1) == 1)
			_exit(0);
		_exit(1);
	}
	cr_assert_eq(read(ready[0], &c, 1), 1);
	metrics_open(path, METRIC_POOL_API);
	metric_add(METRIC_STORE_DAMAGED, 0, 1);
	cr_assert(says("scorpius_store_damaged_reads_total 2"));
	cr_assert(says("scorpius_workers{pool=\"api\",state=\"busy\"} 1"));
	cr_assert(says("scorpius_workers{pool=\"api\",state=\"idle\"} 1"));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	cr_assert(says("scorpius_store_damaged_reads_total 2"));
	cr_assert(says("scorpius_workers{pool=\"api\",state=\"busy\"} 0"));
}

Test(metrics, nothing_is_lost_when_many_come_and_go_at_once)
{
	for (int i = 0; i < 24; i++)
		if (fork() == 0) {
			metrics_open(path, (enum metric_pool)(i % METRIC_POOL__COUNT));
			for (int k = 0; k < 1000; k++)
				metric_add(METRIC_STORE_DAMAGED, 0, 1);
			raise(SIGKILL);
		}
	while (wait(NULL) > 0)
		continue;
	metrics_open(path, METRIC_POOL_API);
	cr_assert(says("scorpius_store_damaged_reads_total 24000"));
}

Test(metrics, a_foreign_or_damaged_file_is_made_anew)
{
	static const char *const contents[] = { "no metrics", "SCMETR1\0and then nothing" };
	for (size_t i = 0; i < ARRAY_LEN(contents); i++) {
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		cr_assert(write(fd, contents[i], 24 - 14 * (i == 0)) > 0);
		close(fd);
		cr_assert(!metrics_attach(path), "who only tells leaves it alone");
		in_child(METRIC_POOL_API, 0);
		metrics_open(path, METRIC_POOL_API);
		cr_assert(says("scorpius_logins_total{result=\"ok\"} 3"));
		metrics_close();
	}
	/* Of another layout. */
	int fd = open(path, O_WRONLY);
	cr_assert_eq(pwrite(fd, "otherway", 8, offsetof(struct metrics_id, layout)), 8);
	close(fd);
	metrics_open(path, METRIC_POOL_API);
	cr_assert(says("scorpius_logins_total{result=\"ok\"} 0"));
	struct stat st;
	cr_assert(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
}

Test(metrics, a_link_is_not_followed)
{
	cr_assert_eq(symlink("/tmp/scorpius-metrics-elsewhere", path), 0);
	metrics_open(path, METRIC_POOL_API);
	metric_add(METRIC_STORE_DAMAGED, 0, 1);
	cr_assert(says("scorpius_store_damaged_reads_total 1"), "it counts for itself");
	cr_assert(access("/tmp/scorpius-metrics-elsewhere", F_OK) != 0);
}

Test(metrics, buckets_hold_those_below)
{
	unsigned cell = metric_cell(METRIC_JOB_DURATION, "mail", NULL, NULL);
	metrics_open(path, METRIC_POOL_JOBS);
	metric_observe(METRIC_JOB_DURATION, cell, 10000);     /* on the bound */
	metric_observe(METRIC_JOB_DURATION, cell, 10001);     /* past it */
	metric_observe(METRIC_JOB_DURATION, cell, -5);        /* a clock that jumped */
	metric_observe(METRIC_JOB_DURATION, cell, 700000000); /* past all */
	cr_assert(says("scorpius_job_duration_seconds_bucket{kind=\"mail\",le=\"0.01\"} 2"));
	cr_assert(says("scorpius_job_duration_seconds_bucket{kind=\"mail\",le=\"0.05\"} 3"));
	cr_assert(says("scorpius_job_duration_seconds_bucket{kind=\"mail\",le=\"600\"} 3"));
	cr_assert(says("scorpius_job_duration_seconds_bucket{kind=\"mail\",le=\"+Inf\"} 4"));
	cr_assert(says("scorpius_job_duration_seconds_sum{kind=\"mail\"} 700.020001"));
	cr_assert(says("scorpius_job_duration_seconds_count{kind=\"mail\"} 4"));
	cr_assert_null(
	    strstr(page(), "scorpius_job_duration_seconds_count{kind=\"read\"}"), "nothing of what never was");
}

Test(metrics, what_is_not_in_a_set_is_other)
{
	cr_assert_eq(metric_value(METRIC_JOBS, 0, "of_tomorrow"), metric_value(METRIC_JOBS, 0, "other"));
	cr_assert_neq(metric_cell(METRIC_JOBS, "mail", "done", NULL), metric_cell(METRIC_JOBS, "mail", "failed", NULL));
}

Test(metrics, no_set_is_left_by_an_unknown_value, .exit_code = 70)
{
	(void)metric_value(METRIC_LOGINS, 0, "perhaps");
}

Test(metrics, no_cell_lies_outside, .exit_code = 70)
{
	metric_add(METRIC_LOGINS, 2, 1);
}

Test(metrics, gauges_are_what_was_last_told)
{
	metrics_open(path, METRIC_POOL_API);
	cr_assert_null(strstr(page(), "\nscorpius_stored_files "), "nobody has told");
	pid_t pid = fork();
	if (pid == 0) {
		metrics_close(); /* the parent's */
		bool ok = metrics_attach(path);
		metric_set(METRIC_STORED_FILES, 0, 42);
		metric_set(METRIC_QUEUE_AGE, metric_cell(METRIC_QUEUE_AGE, "read", NULL, NULL), 1500000);
		_exit(!ok);
	}
	waitpid(pid, NULL, 0);
	cr_assert(says("scorpius_stored_files 42"));
	cr_assert(says("scorpius_queue_oldest_age_seconds{kind=\"read\"} 1.500000"));
	metric_unset(METRIC_STORED_FILES, 0);
	cr_assert_null(strstr(page(), "\nscorpius_stored_files "));
}

Test(metrics, one_measures_for_all)
{
	metrics_open(path, METRIC_POOL_API);
	cr_assert(metrics_survey_due(METRICS_SURVEY_QUEUE, 60000000));
	cr_assert_not(metrics_survey_due(METRICS_SURVEY_QUEUE, 60000000));
	cr_assert(metrics_survey_due(METRICS_SURVEY_STORED, 60000000), "another matter");
	cr_assert(metrics_survey_due(METRICS_SURVEY_QUEUE, 0));
	/* A moment that has not come yet is one of the machine's former life. */
	atomic_store(&metrics_here()->surveyed_us[METRICS_SURVEY_QUEUE], INT64_MAX);
	cr_assert(metrics_survey_due(METRICS_SURVEY_QUEUE, 60000000));
}
