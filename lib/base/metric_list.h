/* Every metric, one row, and the closed sets that its labels come from. Nothing that is an organisation's, a person's
 * or a part of an address is ever a label. A change of this list changes the layout of the shared file, which is made
 * anew then: counters begin at 0, as after any restart. */
#ifndef BASE_METRIC_LIST_H
#define BASE_METRIC_LIST_H

/* clang-format off */

/* X(SET, name of the label) and its values. Where a set has "other", a value that is not in it counts as that. */
#define METRIC_SETS(X) \
	X(NONE, "") X(CLASS, "class") X(METHOD, "method") X(STATUS, "status") X(LIMIT, "limit") X(LOGIN, "result") \
	X(JOB, "kind") X(JOB_END, "outcome") X(FORMAT, "format") X(READING, "outcome") X(BACKEND, "backend") \
	X(STORE_OP, "operation") X(FILE_FAULT, "fault") X(LETTER_END, "result")
#define METRIC_VALUES_NONE(V) V("")
/* What a route is about: request_class() of lib/http. */
#define METRIC_VALUES_CLASS(V) \
	V("system") V("auth") V("users") V("organization") V("admin") V("audit") V("company") V("documents") V("content") V("uploads") \
	V("tenders") V("search") V("unknown") V("other")
#define METRIC_VALUES_METHOD(V) V("GET") V("POST") V("PUT") V("PATCH") V("DELETE") V("HEAD") V("OPTIONS") V("other")
#define METRIC_VALUES_STATUS(V) \
	V("200") V("201") V("202") V("204") V("206") V("304") V("400") V("401") V("403") V("404") V("405") V("409") V("410") \
	V("412") V("413") V("415") V("416") V("422") V("423") V("429") V("500") V("503") V("507") V("other")
#define METRIC_VALUES_LIMIT(V) V("auth") V("upload") V("login") V("other")
#define METRIC_VALUES_LOGIN(V) V("ok") V("failed")
#define METRIC_VALUES_JOB(V) \
	V("read") V("analyze") V("mail") V("erase") V("export") V("export_end") V("other")
#define METRIC_VALUES_JOB_END(V) V("done") V("retried") V("failed") V("given_back") V("lost")
#define METRIC_VALUES_FORMAT(V) V("pdf") V("text") V("docx") V("xlsx") V("archive") V("other")
#define METRIC_VALUES_READING(V) \
	V("ok") V("encrypted") V("unreadable") V("too_big") V("format") V("timeout") V("crashed") V("other")
#define METRIC_VALUES_BACKEND(V) V("directory") V("s3") V("other")
#define METRIC_VALUES_STORE_OP(V) V("write") V("commit") V("open") V("read") V("remove")
#define METRIC_VALUES_FILE_FAULT(V) V("missing") V("damaged") V("orphaned")
#define METRIC_VALUES_LETTER_END(V) V("sent") V("failed") V("refused")

/* Upper bounds of histograms in microseconds, rising; +Inf comes by itself. */
#define METRIC_BOUNDS_NONE(B)
#define METRIC_BOUNDS_REQUEST(B) \
	B(1000) B(2500) B(5000) B(10000) B(25000) B(50000) B(100000) B(250000) B(500000) B(1000000) B(2500000) B(5000000) \
	B(10000000) B(30000000) B(60000000)
#define METRIC_BOUNDS_JOB(B) \
	B(10000) B(50000) B(100000) B(500000) B(1000000) B(2500000) B(5000000) B(10000000) B(30000000) B(60000000) \
	B(120000000) B(300000000) B(600000000)
#define METRIC_BOUNDS_STORE(B) \
	B(100) B(500) B(1000) B(2500) B(5000) B(10000) B(25000) B(50000) B(100000) B(250000) B(500000) B(1000000) B(2500000) \
	B(5000000) B(10000000)

/* X(NAME, name, type, where, set, set, set, bounds, help)
 * type   COUNTER, GAUGE: numbers; GAUGE_US: microseconds, shown in seconds; HISTOGRAM: of microseconds, shown in seconds
 * where  SUM: counted by each process, shown as the sum of all; SPARSE: the same, but only what ever was counted is
 *        shown; POOL: summed by pool, which becomes a label; LAST: one value for the machine, set by whoever measured;
 *        LIVE: told by whoever writes the page */
#define METRIC_LIST(X) \
	X(BUILD_INFO, "scorpius_build_info", GAUGE, LIVE, NONE, NONE, NONE, NONE, "Version of the program that answers; always 1.") \
	X(COUNTING_SINCE, "scorpius_counters_start_time_seconds", GAUGE, LIVE, NONE, NONE, NONE, NONE, "When the counters of this machine began, in seconds since 1970.") \
	X(POOL_START, "scorpius_pool_start_time_seconds", GAUGE, LIVE, NONE, NONE, NONE, NONE, "When the oldest living process of a pool started, in seconds since 1970.") \
	X(WORKERS, "scorpius_workers", GAUGE, LIVE, NONE, NONE, NONE, NONE, "Living processes of a pool that have something in hand or wait; the one that answers this counts as idle.") \
	X(WORKER_STARTS, "scorpius_worker_starts_total", COUNTER, POOL, NONE, NONE, NONE, NONE, "Processes that started.") \
	X(SERVICE_STATE, "scorpius_service_state", GAUGE, LIVE, NONE, NONE, NONE, NONE, "1 for the state that a service is in, as /health tells it.") \
	X(HTTP_REQUESTS, "scorpius_http_requests_total", COUNTER, SPARSE, CLASS, METHOD, STATUS, NONE, "Requests that a worker answered.") \
	X(HTTP_DURATION, "scorpius_http_request_duration_seconds", HISTOGRAM, SPARSE, CLASS, NONE, NONE, REQUEST, "From the arrival of a request at a worker until its answer was written.") \
	X(HTTP_BYTES_IN, "scorpius_http_request_body_bytes_total", COUNTER, SUM, CLASS, NONE, NONE, NONE, "Bytes of request bodies that were read.") \
	X(HTTP_BYTES_OUT, "scorpius_http_response_body_bytes_total", COUNTER, SUM, CLASS, NONE, NONE, NONE, "Bytes of the bodies of answers.") \
	X(RATE_LIMITED, "scorpius_rate_limited_total", COUNTER, SUM, LIMIT, NONE, NONE, NONE, "Requests that a limit refused; what nginx refuses itself is not among them.") \
	X(LOGINS, "scorpius_logins_total", COUNTER, SUM, LOGIN, NONE, NONE, NONE, "Passwords that were checked: logins, and whatever asks for the password again.") \
	X(DB_STATEMENTS, "scorpius_db_statements_total", COUNTER, POOL, NONE, NONE, NONE, NONE, "Statements given to PostgreSQL, those that begin and end transactions not counted.") \
	X(DB_ROUND_TRIPS, "scorpius_db_round_trips_total", COUNTER, POOL, NONE, NONE, NONE, NONE, "Times that PostgreSQL was waited for.") \
	X(REDIS_FAILURES, "scorpius_redis_failures_total", COUNTER, POOL, NONE, NONE, NONE, NONE, "Calls of Redis that failed, connecting included.") \
	X(QUEUE_WAITING, "scorpius_queue_waiting_jobs", GAUGE, LAST, JOB, NONE, NONE, NONE, "Jobs that could run and wait.") \
	X(QUEUE_RUNNING, "scorpius_queue_running_jobs", GAUGE, LAST, JOB, NONE, NONE, NONE, "Jobs that are leased.") \
	X(QUEUE_LATER, "scorpius_queue_later_jobs", GAUGE, LAST, JOB, NONE, NONE, NONE, "Jobs whose time has not come: to be tried again, or due on a date.") \
	X(QUEUE_AGE, "scorpius_queue_oldest_age_seconds", GAUGE_US, LAST, JOB, NONE, NONE, NONE, "How long the oldest job that could run has waited; 0 when none waits.") \
	X(JOBS, "scorpius_jobs_total", COUNTER, SUM, JOB, JOB_END, NONE, NONE, "Attempts of jobs by how they ended.") \
	X(JOB_DURATION, "scorpius_job_duration_seconds", HISTOGRAM, SPARSE, JOB, NONE, NONE, JOB, "How long an attempt took.") \
	X(JOB_WAIT, "scorpius_job_wait_seconds", HISTOGRAM, SPARSE, JOB, NONE, NONE, JOB, "How long a job that could run waited for a worker.") \
	X(READINGS, "scorpius_readings_total", COUNTER, SUM, FORMAT, READING, NONE, NONE, "Files given to scorpius-reader by how that ended.") \
	X(STORE_READ, "scorpius_store_read_bytes_total", COUNTER, SUM, BACKEND, NONE, NONE, NONE, "Encrypted bytes read from the file store.") \
	X(STORE_WRITTEN, "scorpius_store_written_bytes_total", COUNTER, SUM, BACKEND, NONE, NONE, NONE, "Encrypted bytes written to the file store.") \
	X(STORE_DURATION, "scorpius_store_operation_duration_seconds", HISTOGRAM, SPARSE, BACKEND, STORE_OP, NONE, STORE, "How long one call of the file store took.") \
	X(STORE_FAILURES, "scorpius_store_failures_total", COUNTER, SUM, BACKEND, STORE_OP, NONE, NONE, "Calls of the file store that failed; a file that is not there is no failure.") \
	X(STORE_DAMAGED, "scorpius_store_damaged_reads_total", COUNTER, SUM, NONE, NONE, NONE, NONE, "Reads of files that were not what had been written.") \
	X(STORE_FREE, "scorpius_store_free_bytes", GAUGE, LIVE, NONE, NONE, NONE, NONE, "Bytes that may still be written where files are first stored.") \
	X(STORED_BYTES, "scorpius_stored_bytes", GAUGE, LAST, NONE, NONE, NONE, NONE, "Bytes of all files that the database knows, before encryption.") \
	X(STORED_FILES, "scorpius_stored_files", GAUGE, LAST, NONE, NONE, NONE, NONE, "Files that the database knows.") \
	X(VERIFY_FILES, "scorpius_storage_verify_files", GAUGE, LAST, FILE_FAULT, NONE, NONE, NONE, "Files at fault that the last 'scorpius storage verify' left.") \
	X(VERIFY_TIME, "scorpius_storage_verify_timestamp_seconds", GAUGE, LAST, NONE, NONE, NONE, NONE, "When 'scorpius storage verify' last came to its end, in seconds since 1970.") \
	X(BACKUP_TIME, "scorpius_backup_timestamp_seconds", GAUGE, LAST, NONE, NONE, NONE, NONE, "When the last whole backup in BACKUP_PATH was made, in seconds since 1970; 0: there is none.") \
	X(LETTERS, "scorpius_mail_letters_total", COUNTER, SUM, LETTER_END, NONE, NONE, NONE, "Attempts to hand a letter to the mail server; failed ones are tried again, refused ones are not.")
/* clang-format on */

#endif
