/* What the parts of `scorpius setup` share: setup_files.c the files of settings, setup_ask.c what a person is asked,
 * setup_run.c other programs, setup_steps.c the steps after the settings, setup_docker.c the one file of
 * docker-compose, cmd_setup.c the flags and the order. */
#ifndef CLI_SETUP_H
#define CLI_SETUP_H

#include <stdio.h>
#include "settings_file.h"
#include "settings.h"

/* The files of a server. Who reads which: docs/operate.md. */
enum setup_file { SETUP_OPERATOR, SETUP_API, SETUP_JOBS, SETUP_ALL, SETUP_FILES };

/* A setting that was asked for, by a flag or a question. */
struct setup_wish {
	const char *name, *value;
};

struct setup {
	TALLOC_CTX *mem;

	/* flags */
	const char *folder; /* of the settings; another than SCORPIUS_CONFDIR: no services of systemd, no nginx */
	struct setup_wish wishes[64];
	size_t n_wishes;
	const char *admin, *admin_name, *admin_password; /* NULL: not given */
	const char *output, *from;                       /* docker only */
	bool docker, files_only, non_interactive;
	bool local_database, key_kept, no_admin, admin_generate, no_start;

	struct settings_file *files[SETUP_FILES];
	uid_t uid, run_uid; /* whom new files belong to; who `scorpius` runs as */
	gid_t gid, run_gid;
	int lock;            /* the folder of the settings: one setup at a time */
	bool changed;        /* a file of settings that was there */
	bool told;           /* why it stopped */
	bool no_certificate; /* yet: the site only lets certbot prove its name */
};

/* A line about a step that is done, on stdout (stderr with --docker, whose output is the file). */
void setup_done(const struct setup *s, const char *step, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Says on stderr what is wrong and what to do, and gives the code back through the error. */
enum result setup_stop(struct setup *s, enum result code, struct error *e, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Whether a person can be asked. */
bool setup_interactive(const struct setup *s);
/* On a server with systemd, with the settings where it looks. */
bool setup_has_services(const struct setup *s);

/* The value that was asked for; NULL: none. The last one counts. */
const char *setup_wished(const struct setup *s, const char *name);
void setup_wish(struct setup *s, const char *name, const char *value);
/* https://NAME of PUBLIC_URL: NAME, or NULL when it is another form. */
const char *setup_host(TALLOC_CTX *mem, const char *public_url);

/* ---- setup_ask.c ---- */

/* What is not known yet, from the terminal; without one, stops and names the flag that is missing. */
enum result setup_ask_settings(struct setup *s, struct error *e) MUST_CHECK;
/* Whether the key is kept elsewhere, from the terminal. */
bool setup_ask_key_kept(void);
/* A yes (also for an empty answer) or no. */
bool setup_ask_yes(const char *prompt);
/* The operator's first account: s->admin, s->admin_name, s->admin_password or s->admin_generate; or s->no_admin. */
enum result setup_ask_admin(struct setup *s, struct error *e) MUST_CHECK;

/* ---- setup_files.c ---- */

/* Reads what is there and adds, in memory, the files that are missing, with fresh secrets. */
enum result setup_files_open(struct setup *s, struct error *e) MUST_CHECK;
/* Puts in what was asked for, and refuses what the programs would refuse. */
enum result setup_files_apply(struct setup *s, struct error *e) MUST_CHECK;
/* The file that is there from a change of a file of settings until the services have started again. */
const char *setup_restart_mark(const struct setup *s);
/* Writes what is new or changed, and leaves that mark. */
enum result setup_files_write(struct setup *s, struct error *e) MUST_CHECK;
/* The value of the file that counts; NULL: none. */
const char *setup_value(const struct setup *s, const char *name);
/* Reads settings as the programs will: of a name in several files the first one counts. Takes them into the environment
 * of this process, in place of what the caller's shell had. */
enum result setup_check(
    struct settings_file *const *files, size_t n, TALLOC_CTX *mem, struct settings *out, struct error *e) MUST_CHECK;
/* 64 hexadecimal digits at most: n random bytes. */
const char *setup_secret(TALLOC_CTX *mem, size_t n);

/* ---- setup_run.c ---- */

/* Runs a program of the system, in "/": `input` on its stdin, or its stdout in *output (at most 64 KiB); both NULL: its
 * streams are ours. Its faults stand on stderr. */
enum result setup_run(
    struct setup *s, const char *const *argv, const char *input, const char **output, struct error *e) MUST_CHECK;
/* The same of `scorpius ARGUMENT...` with the operator's settings and without privileges: by scorpius-admin where
 * systemd runs, else as the user of the services. */
enum result setup_scorpius(
    struct setup *s, const char *const *arguments, const char *input, const char **output, struct error *e) MUST_CHECK;

/* ---- setup_steps.c ---- */
enum result setup_database(struct setup *s, struct error *e) MUST_CHECK;
/* The Redis of this machine, which lets in everybody as Debian installs it, gets passwords; where that can't be done it
 * is told and left. */
enum result setup_redis(struct setup *s, struct error *e) MUST_CHECK;
enum result setup_key(struct setup *s, struct error *e) MUST_CHECK;
enum result setup_schema(struct setup *s, struct error *e) MUST_CHECK;
enum result setup_admin(struct setup *s, struct error *e) MUST_CHECK;
enum result setup_services(struct setup *s, struct error *e) MUST_CHECK;
enum result setup_site(struct setup *s, struct error *e) MUST_CHECK;
enum result setup_doctor(struct setup *s, struct error *e) MUST_CHECK;
/* What everybody is told about SECRET_KEY, once: where it stands and its fingerprint. */
void setup_tell_key(FILE *to, const char *where, const char *fingerprint);

/* ---- setup_docker.c ---- */
enum result setup_docker(struct setup *s, struct error *e) MUST_CHECK;

#endif
