/* The operator's and offline command line: one row per command in main.c, one file cmd_<verb>.c each. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "error.h"
#include "mem.h"

struct command {
	const char *name;
	/* argv[0] is the command's name. Returns the exit status (sysexits). Messages go to stderr. */
	int (*run)(TALLOC_CTX *mem, int argc, char **argv);
	const char *usage;   /* after "scorpius ", one form per line */
	const char *summary; /* one line of the list of commands */
	const char *help;    /* what `scorpius COMMAND --help` says below the usage */
};

int cmd_analyze(TALLOC_CTX *mem, int argc, char **argv);
int cmd_backup(TALLOC_CTX *mem, int argc, char **argv);
int cmd_config(TALLOC_CTX *mem, int argc, char **argv);
int cmd_doctor(TALLOC_CTX *mem, int argc, char **argv);
int cmd_mail(TALLOC_CTX *mem, int argc, char **argv);
int cmd_migrate(TALLOC_CTX *mem, int argc, char **argv);
int cmd_passwords(TALLOC_CTX *mem, int argc, char **argv);
int cmd_restore(TALLOC_CTX *mem, int argc, char **argv);
int cmd_setup(TALLOC_CTX *mem, int argc, char **argv);
int cmd_storage(TALLOC_CTX *mem, int argc, char **argv);
int cmd_user(TALLOC_CTX *mem, int argc, char **argv);
extern const char analyze_help[], backup_help[], config_help[], doctor_help[], mail_help[], migrate_help[],
    passwords_help[], restore_help[], setup_help[], storage_help[], user_help[];

/* Writes the usage of the command with that name to stderr and returns 64. */
int cli_usage(const char *name);
/* Writes the fault in French on a terminal's stderr, prefixed with what it is about, and returns its exit status. */
int cli_fail(const char *about, const struct error *e);

#endif
