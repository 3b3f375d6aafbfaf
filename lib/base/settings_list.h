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
	X(DATABASE_URL, TEXT, NULL, 0, 2000, NULL, true, "operator's PostgreSQL account; used by migrate, backup, restore, user, storage and mail only") \
	X(DATABASE_API_URL, TEXT, NULL, 0, 2000, NULL, true, "PostgreSQL as scorpius_api; default: DATABASE_URL with that user") \
	X(DATABASE_JOBS_URL, TEXT, NULL, 0, 2000, NULL, true, "PostgreSQL as scorpius_jobs; default: DATABASE_URL with that user") \
	X(DATABASE_URL_PREVIOUS, TEXT, NULL, 0, 2000, NULL, true, "DATABASE_URL with the former password, for 'scorpius passwords' while it is changed") \
	X(DATABASE_API_URL_PREVIOUS, TEXT, NULL, 0, 2000, NULL, true, "tried where the server refuses the password of DATABASE_API_URL, while it is changed") \
	X(DATABASE_JOBS_URL_PREVIOUS, TEXT, NULL, 0, 2000, NULL, true, "tried where the server refuses the password of DATABASE_JOBS_URL, while it is changed") \
	X(DATABASE_API_PASSWORD, TEXT, NULL, 0, 200, NULL, true, "password of scorpius_api; set by migrate") \
	X(DATABASE_JOBS_PASSWORD, TEXT, NULL, 0, 200, NULL, true, "password of scorpius_jobs; set by migrate") \
	X(DATABASE_TIMEOUT, SECONDS, "10", 1, 600, NULL, false, "longest statement of a request") \
	X(DATABASE_PREPARED, CHOICE, "auto", 0, 0, "auto|on|off", false, "named prepared statements; off for PgBouncer in transaction mode") \
	X(MIGRATE_LOCK_TIMEOUT, SECONDS, "2", 1, 600, NULL, false, "longest wait of a change of the schema for a lock; requests behind it wait as long") \
	X(MIGRATE_ATTEMPTS, INT, "10", 1, 1000, NULL, false, "how often 'scorpius migrate' tries a change that gets no lock") \
	X(MIGRATE_STATEMENT_TIMEOUT, SECONDS, "10m", 1, 86400, NULL, false, "longest statement of a change of the schema; not for indexes that are built beside the work") \
	X(REDIS_URL, TEXT, "redis://127.0.0.1:6379/0", 0, 500, NULL, true, "redis://[:password@]host[:port]/db or unix:///path?db=0") \
	X(JWT_SECRET_KEY, TEXT, NULL, 0, 500, NULL, true, "key that signs access tokens, at least 32 bytes") \
	X(JWT_SECRET_KEY_PREVIOUS, TEXT, NULL, 0, 500, NULL, true, "key that signed access tokens before JWT_SECRET_KEY; still accepted") \
	X(SECRET_KEY, TEXT, NULL, 0, 500, NULL, true, "master key of the application, at least 32 bytes") \
	X(SECRET_KEY_PREVIOUS, TEXT, NULL, 0, 500, NULL, true, "master key before the present one, until 'scorpius storage rotate-key' has ended") \
	X(JWT_ACCESS_TOKEN_EXPIRE_MINUTES, INT, "30", 1, 1440, NULL, false, "life of an access token") \
	X(JWT_REFRESH_TOKEN_EXPIRE_DAYS, INT, "7", 1, 365, NULL, false, "life of a session without use") \
	X(SCRYPT_LOG_N, INT, "15", 10, 20, NULL, false, "scrypt cost: N = 2^value, r = 8, p = 1") \
	X(HASH_SLOTS, INT, "0", 0, 1024, NULL, false, "passwords hashed at once on this machine; 0: half of its cores") \
	X(HASH_SLOTS_PATH, TEXT, "/run/scorpius/hash-slots", 1, 500, NULL, false, "file by which the workers of a machine share those places") \
	X(HASH_WAIT, SECONDS, "2", 0, 60, NULL, false, "longest wait for such a place; then 503") \
	X(RATE_LIMIT_AUTH, INT, "10", 1, 1000000, NULL, false, "logins and the like, per minute and account") \
	X(RATE_LIMIT_AUTH_ADDRESS, INT, "10", 1, 1000000, NULL, false, "logins and the like, per minute and client address; nginx holds it too") \
	X(RATE_LIMIT_UPLOAD, INT, "120", 1, 1000000, NULL, false, "upload requests, per minute and organisation") \
	X(RATE_LIMIT_UPLOAD_BYTES, SIZE, "4G", 1048576, 1099511627776, NULL, false, "bytes uploaded, per hour and organisation") \
	X(RATE_LIMIT_OTHER, INT, "600", 1, 1000000, NULL, false, "all other requests, per minute and account") \
	X(RATE_LIMIT_ADDRESS, INT, "6000", 1, 1000000, NULL, false, "requests of any kind that nginx lets through, per minute and client address") \
	X(LOGIN_FREE_FAILURES, INT, "5", 1, 1000000, NULL, false, "wrong passwords of an account from one address before delays begin; ten times as many of an address on all accounts") \
	X(LOGIN_DELAY_MAX, SECONDS, "5m", 1, 86400, NULL, false, "longest delay after wrong passwords; the first one is a second, each doubles") \
	X(TRUSTED_PROXIES, LIST, "", 0, 4000, NULL, false, "addresses or networks whose X-Forwarded-For nginx believes") \
	X(REGISTRATION_OPEN, BOOL, "true", 0, 0, NULL, false, "whether anybody may register an organisation") \
	X(REQUIRE_CONFIRMED_EMAIL, BOOL, "true", 0, 0, NULL, false, "whether only accounts with a confirmed address may invite; without a mail server all may") \
	X(EMAIL_CONFIRM_EXPIRE_DAYS, INT, "7", 1, 30, NULL, false, "life of the link that confirms an address") \
	X(PASSWORD_RESET_EXPIRE_MINUTES, INT, "60", 5, 1440, NULL, false, "life of the link that sets a forgotten password anew") \
	X(ORGANIZATION_GRACE_DAYS, INT, "30", 0, 365, NULL, false, "time in which a deleted organisation can come back before it is erased") \
	X(EXPORT_EXPIRE_DAYS, INT, "7", 1, 365, NULL, false, "time in which an export of an organisation can be fetched before it is removed") \
	X(INVITATION_EXPIRE_DAYS, INT, "7", 1, 30, NULL, false, "life of an invitation") \
	X(CORS_ORIGINS, LIST, "", 0, 4000, NULL, false, "origins that browsers may call from: JSON list or commas") \
	X(MAX_UPLOAD_SIZE, SIZE, "104857600", 1024, 2147483648, NULL, false, "largest file accepted") \
	X(MAX_REQUEST_SIZE, SIZE, "1G", 2048, 8589934592, NULL, false, "largest upload request accepted") \
	X(MAX_UPLOAD_FILES, INT, "200", 1, 1000, NULL, false, "most files in one upload request") \
	X(UPLOAD_EXPIRE_HOURS, INT, "24", 1, 720, NULL, false, "how long an upload in parts waits for its next part before it is removed") \
	X(MAX_OPEN_UPLOADS, INT, "20", 1, 10000, NULL, false, "most unfinished uploads in parts of an organisation") \
	X(DELETE_UNDO_DAYS, INT, "30", 0, 3650, NULL, false, "how long a deleted document or tender can be restored; then it is removed for good") \
	X(RETENTION_DAYS, INT, "0", 0, 36500, NULL, false, "how long archived tenders, and documents in no tender, are kept before they are deleted; 0: for ever") \
	X(UPLOAD_PATH, TEXT, "/var/lib/scorpius/files", 1, 500, NULL, false, "directory of the file store; with s3, where uploads are committed before they move") \
	X(STORAGE_BACKEND, CHOICE, "directory", 0, 0, "directory|s3", false, "where files are kept for good") \
	X(S3_ENDPOINT, TEXT, NULL, 0, 300, NULL, false, "address of the S3 service, https://host[:port]; buckets are addressed by path") \
	X(S3_BUCKET, TEXT, NULL, 0, 100, NULL, false, "bucket of the file store, which exists") \
	X(S3_REGION, TEXT, "us-east-1", 1, 64, NULL, false, "region that requests are signed for") \
	X(S3_ACCESS_KEY_ID, TEXT, NULL, 0, 200, NULL, false, "account of the S3 service") \
	X(S3_SECRET_ACCESS_KEY, TEXT, NULL, 0, 500, NULL, true, "its secret") \
	X(S3_PREFIX, TEXT, "", 0, 200, NULL, false, "before the names of objects, such as scorpius/") \
	X(S3_CA_FILE, TEXT, "", 0, 500, NULL, false, "file of certificate authorities for S3_ENDPOINT; default: those of the system") \
	X(NGINX_TEMP_PATH, TEXT, "", 0, 500, NULL, false, "folder of nginx's temporary files, which hold uploads in clear: a tmpfs; empty: not looked at") \
	X(NGINX_TEMP_ENCRYPTED, BOOL, "false", 0, 0, NULL, false, "declares the volume of NGINX_TEMP_PATH encrypted") \
	X(STORAGE_MIN_FREE, SIZE, "256M", 16777216, 1099511627776, NULL, false, "uploads and exports that would leave less than this free on the file store are refused") \
	X(READER_PATH, TEXT, "/usr/libexec/scorpius/scorpius-reader", 1, 500, NULL, false, "the sandboxed reader program") \
	X(READER_TIMEOUT, SECONDS, "120", 1, 3600, NULL, false, "longest time to read one document") \
	X(READER_MEMORY, SIZE, "512M", 67108864, 8589934592, NULL, false, "address space of the reader") \
	X(CLAMD_SOCKET, TEXT, "", 0, 107, NULL, false, "Unix socket of clamd, the virus scanner; empty: files are not scanned") \
	X(CLAMD_TIMEOUT, SECONDS, "60", 1, 3600, NULL, false, "longest time to scan one file") \
	X(CLAMD_POLICY, CHOICE, "require", 0, 0, "require|allow", false, "what could not be scanned waits (require), or is read and marked (allow)") \
	X(DATA_PATH, TEXT, "/usr/share/scorpius", 1, 500, NULL, false, "directory of the API description and its viewer") \
	X(JOB_WORKERS, INT, "2", 1, 64, NULL, false, "children of scorpius-jobs") \
	X(JOB_LEASE, SECONDS, "120", 5, 3600, NULL, false, "a job whose worker has not been heard of for so long is given to another") \
	X(JOB_MAX_ATTEMPTS, INT, "3", 1, 20, NULL, false, "attempts before a job is failed for good") \
	X(PUBLIC_URL, TEXT, "", 0, 500, NULL, false, "address of the application as people open it; links in mail begin with it") \
	X(SMTP_HOST, TEXT, "", 0, 255, NULL, false, "server that takes our mail; without it no mail is sent") \
	X(SMTP_PORT, INT, "587", 1, 65535, NULL, false, "its port: 587 for STARTTLS, 465 for TLS from the first byte") \
	X(SMTP_SECURITY, CHOICE, "starttls", 0, 0, "starttls|tls|none", false, "encryption to the mail server; none is for a server on this machine only") \
	X(SMTP_USER, TEXT, NULL, 0, 255, NULL, false, "name to log in to the mail server with; without it we do not log in") \
	X(SMTP_PASSWORD, TEXT, NULL, 0, 500, NULL, true, "its password; only the jobs need it") \
	X(SMTP_FROM, TEXT, "", 0, 254, NULL, false, "sender's address; default: SMTP_USER") \
	X(SMTP_CA_FILE, TEXT, "", 0, 500, NULL, false, "PEM file of the authority that signed the mail server's certificate; default: the system's") \
	X(SMTP_TIMEOUT, SECONDS, "30", 1, 120, NULL, false, "longest time to hand one message over") \
	X(SMTP_MAX_ATTEMPTS, INT, "10", 1, 50, NULL, false, "attempts before a message is given up; ten take about an hour") \
	X(BACKUP_PATH, TEXT, "", 0, 500, NULL, false, "folder of the backups, on another disk than the data; without it none are made") \
	X(BACKUP_KEEP_DAYS, INT, "7", 1, 3650, NULL, false, "days that backups are kept; the last whole one always is") \
	X(BACKUP_MAX_AGE, SECONDS, "26h", 60, 31536000, NULL, false, "the last whole backup older than this is a fault") \
	X(BACKUP_AFTER, TEXT, "", 0, 1000, NULL, false, "shell command run after each backup, to copy BACKUP_PATH elsewhere") \
	X(HEALTH_PATH, TEXT, "/run/scorpius/health", 1, 500, NULL, false, "file by which the workers of a machine share the state of health") \
	X(METRICS_PATH, TEXT, "/run/scorpius/metrics", 1, 500, NULL, false, "file by which the processes of a machine share what they count") \
	X(METRICS_PORT, INT, "0", 0, 65535, NULL, false, "port on 127.0.0.1 where nginx answers GET /metrics for Prometheus; 0: nowhere (./dev has a socket besides)")
/* clang-format on */

#endif
