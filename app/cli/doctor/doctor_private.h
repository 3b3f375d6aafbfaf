/* What the checks of doctor share, and their names: doctor.c holds THE table. */
#ifndef CLI_DOCTOR_PRIVATE_H
#define CLI_DOCTOR_PRIVATE_H

#include "doctor.h"
#include "settings.h"

/* The account of the services on a server; in a container it is the only one. */
#define DOCTOR_USER "scorpius"

struct doctor {
	TALLOC_CTX *mem; /* of this check */
	const char *(*get)(const char *name);
	const char *folder;         /* of the files of settings; NULL: there are none here */
	const struct settings *s;   /* what is wrong among them has its default */
	const struct error *faults; /* of the settings */
	bool production;
	int out;
};

/* A finding of this check: what is so, and how to mend it (NULL: nothing to mend). French; ordinary spaces before
 * « : ; ? ! » and inside quotation marks are made unbreakable, so commands must not hold such. A check that finds
 * nothing wrong says once what it saw, with DOCTOR_OK. */
void doctor_say(struct doctor *d, enum doctor_level level, const char *mend, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* The same for an error: its text, and its cause behind it. */
void doctor_say_error(
    struct doctor *d, enum doctor_level level, const char *mend, const char *about, const struct error *e);
/* How to mend a setting: where it stands here, and what takes it up. */
const char *doctor_mend_setting(struct doctor *d, const char *what);

/* doctor_settings.c */
void doctor_settings_valid(struct doctor *d);
void doctor_settings_secrets(struct doctor *d);
void doctor_settings_address(struct doctor *d);
void doctor_settings_names(struct doctor *d);
void doctor_settings_unused(struct doctor *d);
void doctor_settings_files(struct doctor *d);
/* doctor_database.c */
void doctor_database_server(struct doctor *d);
void doctor_database_accounts(struct doctor *d);
void doctor_database_schema(struct doctor *d);
void doctor_database_connections(struct doctor *d);
void doctor_database_key(struct doctor *d);
/* doctor_cache.c */
void doctor_redis_server(struct doctor *d);
void doctor_redis_durable(struct doctor *d);
void doctor_redis_rights(struct doctor *d);
/* doctor_files.c */
void doctor_store_folder(struct doctor *d);
void doctor_store_room(struct doctor *d);
void doctor_store_bucket(struct doctor *d);
void doctor_temp_files(struct doctor *d);
void doctor_scanner(struct doctor *d);
/* doctor_backup.c */
void doctor_backup_folder(struct doctor *d);
void doctor_backup_age(struct doctor *d);
void doctor_backup_key(struct doctor *d);
/* doctor_network.c */
void doctor_mail(struct doctor *d);
void doctor_certificate(struct doctor *d);
void doctor_site(struct doctor *d);
void doctor_ports(struct doctor *d);
/* doctor_machine.c */
void doctor_clock(struct doctor *d);
void doctor_workers(struct doctor *d);
void doctor_jobs(struct doctor *d);
void doctor_versions(struct doctor *d);
void doctor_reader(struct doctor *d);

#endif
