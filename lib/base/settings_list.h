/* Every setting, one row: X(NAME, type, default, min, max, choices, secret, help). Names are those that operators
 * already use in their deployment files. */
#ifndef BASE_SETTINGS_LIST_H
#define BASE_SETTINGS_LIST_H

/* clang-format off */
#define SETTINGS_LIST(X) \
	X(APP_ENV, CHOICE, "development", 0, 0, "development|test|production", false, "what the program runs for; production refuses weak secrets") \
	X(APP_NAME, TEXT, "Scorpius", 1, 100, NULL, false, "name shown to people") \
	X(LOG_LEVEL, CHOICE, "INFO", 0, 0, "DEBUG|INFO|WARNING|ERROR", false, "lowest level that is logged") \
	X(SOURCE_URL, TEXT, "", 0, 500, NULL, false, "where users of this server find its source (AGPL)") \
	X(DATABASE_URL, TEXT, NULL, 0, 2000, NULL, true, "operator's PostgreSQL account; used by migrate only") \
	X(DATABASE_API_URL, TEXT, NULL, 0, 2000, NULL, true, "PostgreSQL as scorpius_api; default: DATABASE_URL with that user") \
	X(DATABASE_JOBS_URL, TEXT, NULL, 0, 2000, NULL, true, "PostgreSQL as scorpius_jobs; default: DATABASE_URL with that user") \
	X(DATABASE_API_PASSWORD, TEXT, NULL, 0, 200, NULL, true, "password of scorpius_api; set by migrate") \
	X(DATABASE_JOBS_PASSWORD, TEXT, NULL, 0, 200, NULL, true, "password of scorpius_jobs; set by migrate") \
	X(DATABASE_TIMEOUT, SECONDS, "10", 1, 600, NULL, false, "longest statement of a request") \
	X(DATABASE_PREPARED, CHOICE, "auto", 0, 0, "auto|on|off", false, "named prepared statements; off for PgBouncer in transaction mode") \
	X(REDIS_URL, TEXT, "redis://127.0.0.1:6379/0", 0, 500, NULL, true, "redis://[:password@]host[:port]/db or unix:///path?db=0") \
	X(JWT_SECRET_KEY, TEXT, NULL, 0, 500, NULL, true, "key that signs access tokens, at least 32 bytes") \
	X(SECRET_KEY, TEXT, NULL, 0, 500, NULL, true, "master key of the application, at least 32 bytes") \
	X(SECRET_KEY_PREVIOUS, TEXT, NULL, 0, 500, NULL, true, "master key before the present one, until 'scorpius storage rotate-key' has ended") \
	X(JWT_ACCESS_TOKEN_EXPIRE_MINUTES, INT, "30", 1, 1440, NULL, false, "life of an access token") \
	X(JWT_REFRESH_TOKEN_EXPIRE_DAYS, INT, "7", 1, 365, NULL, false, "life of a session without use") \
	X(SCRYPT_LOG_N, INT, "15", 10, 20, NULL, false, "scrypt cost: N = 2^value, r = 8, p = 1") \
	X(REGISTRATION_OPEN, BOOL, "true", 0, 0, NULL, false, "whether anybody may register an organisation") \
	X(CORS_ORIGINS, LIST, "", 0, 4000, NULL, false, "origins that browsers may call from: JSON list or commas") \
	X(MAX_UPLOAD_SIZE, SIZE, "104857600", 1024, 2147483648, NULL, false, "largest file accepted") \
	X(MAX_REQUEST_SIZE, SIZE, "1G", 2048, 8589934592, NULL, false, "largest upload request accepted") \
	X(MAX_UPLOAD_FILES, INT, "200", 1, 1000, NULL, false, "most files in one upload request") \
	X(UPLOAD_PATH, TEXT, "/var/lib/scorpius/files", 1, 500, NULL, false, "directory of the file store; with s3, where uploads are committed before they move") \
	X(STORAGE_BACKEND, CHOICE, "directory", 0, 0, "directory|s3", false, "where files are kept for good") \
	X(S3_ENDPOINT, TEXT, NULL, 0, 300, NULL, false, "address of the S3 service, https://host[:port]; buckets are addressed by path") \
	X(S3_BUCKET, TEXT, NULL, 0, 100, NULL, false, "bucket of the file store, which exists") \
	X(S3_REGION, TEXT, "us-east-1", 1, 64, NULL, false, "region that requests are signed for") \
	X(S3_ACCESS_KEY_ID, TEXT, NULL, 0, 200, NULL, false, "account of the S3 service") \
	X(S3_SECRET_ACCESS_KEY, TEXT, NULL, 0, 500, NULL, true, "its secret") \
	X(S3_PREFIX, TEXT, "", 0, 200, NULL, false, "before the names of objects, such as scorpius/") \
	X(S3_CA_FILE, TEXT, "", 0, 500, NULL, false, "file of certificate authorities for S3_ENDPOINT; default: those of the system") \
	X(READER_PATH, TEXT, "/usr/libexec/scorpius/scorpius-reader", 1, 500, NULL, false, "the sandboxed reader program") \
	X(READER_TIMEOUT, SECONDS, "120", 1, 3600, NULL, false, "longest time to read one document") \
	X(READER_MEMORY, SIZE, "512M", 67108864, 8589934592, NULL, false, "address space of the reader") \
	X(DATA_PATH, TEXT, "/usr/share/scorpius", 1, 500, NULL, false, "directory of the API description and its viewer") \
	X(JOB_WORKERS, INT, "2", 1, 64, NULL, false, "children of scorpius-jobs") \
	X(JOB_LEASE, SECONDS, "120", 5, 3600, NULL, false, "a job whose worker has not been heard of for so long is given to another") \
	X(JOB_MAX_ATTEMPTS, INT, "3", 1, 20, NULL, false, "attempts before a job is failed for good") \
	X(HEALTH_PATH, TEXT, "/run/scorpius/health", 1, 500, NULL, false, "file by which the workers of a machine share the state of health")
/* clang-format on */

#endif
