/* scorpius analyze: a dossier's facts, without any server. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "cli.h"
#include "dossier.h"
#include "json.h"
#include "log.h"
#include "settings.h"
#include "summary.h"

const char analyze_help[] =
    "Lit les fichiers donnés comme un seul dossier (un dossier est parcouru, une archive ZIP ouverte) et\n"
    "affiche les faits trouvés, chacun avec le document et l'endroit qui le disent. Rien n'est envoyé nulle part.\n"
    "\n"
    "  --json        l'analyse complète en JSON, avec les citations et leur place dans la page\n"
    "  --from FICHIER  n'analyse rien : affiche le résumé d'une analyse en JSON (« - » : entrée standard)\n"
    "  --now DATE    l'instant par rapport auquel compter les jours (par défaut : maintenant)\n"
    "\n"
    "Un fichier illisible est cité avec son erreur et les autres sont lus. Codes de retour : 0 ; 64 mauvaise\n"
    "utilisation ; 65 rien n'a pu être lu. Le programme de lecture est READER_PATH, sinon celui installé à côté.\n";

#define OUTPUT_MAX ((size_t)512 << 20)

/* Only the reader's settings: an analysis needs no database, and no word about its settings. */
static const char *reader_setting(const char *name)
{
	return strncmp(name, "READER_", 7) == 0 ? getenv(name) : NULL;
}

static enum result reader_configuration(TALLOC_CTX *mem, struct reader_config *cfg, struct error *e)
{
	struct settings *s = mem_zero(mem, struct settings);
	TRY(settings_read(mem, reader_setting, s, e));
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[n > 0 ? n : 0] = '\0';
	cfg->path = dossier_reader_path(mem, getenv("READER_PATH"), self);
	cfg->timeout = s->READER_TIMEOUT;
	cfg->memory = s->READER_MEMORY;
	return ERR_OK;
}

static bool read_now(const char *text, struct wall_time *out)
{
	return wall_time_parse(text, out) && out->has_time;
}

static void now_here(struct wall_time *out)
{
	time_t t = time(NULL);
	struct tm tm;
	localtime_r(&t, &tm);
	*out = (struct wall_time){ tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, true, tm.tm_hour, tm.tm_min };
}

static enum result print_summary(
    TALLOC_CTX *mem, const char *text, size_t n, const struct wall_time *now, struct error *e)
{
	const struct json *v;
	TRY(json_parse(mem, text, n, &v, e));
	if (json_kind(json_get(v, "data")) == JSON_OBJECT)
		v = json_get(v, "data");
	if (json_kind(json_get(v, "facts")) != JSON_OBJECT)
		return error_set(e, ERR_MISSING_FIELD, "facts");
	struct buf out;
	buf_init(&out, mem, OUTPUT_MAX);
	summary_write(mem, v, now, &out);
	if (fwrite(out.data, 1, out.len, stdout) != out.len)
		return error_set(e, ERR_IO, NULL);
	return ERR_OK;
}

static int from_json(TALLOC_CTX *mem, const char *path, const struct wall_time *now)
{
	struct error e;
	error_clear(&e);
	struct buf text;
	buf_init(&text, mem, OUTPUT_MAX);
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	char part[65536];
	ssize_t n = -1;
	while (fd >= 0 && (n = read(fd, part, sizeof(part))) > 0)
		buf_add(&text, part, (size_t)n);
	if (fd > STDIN_FILENO)
		close(fd);
	if (fd < 0 || n < 0 || text.full) {
		error_set(&e, fd < 0 && errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, NULL);
		return cli_fail(path, &e);
	}
	return print_summary(mem, text.data, text.len, now, &e) == ERR_OK ? 0 : cli_fail(path, &e);
}

int cmd_analyze(TALLOC_CTX *mem, int argc, char **argv)
{
	bool json = false, options = true;
	const char *from = NULL;
	struct wall_time now;
	now_here(&now);
	char **paths = mem_array(mem, char *, (size_t)argc);
	size_t n = 0;
	for (int i = 1; i < argc; i++) {
		const char *a = argv[i];
		if (!options || a[0] != '-' || a[1] == '\0') {
			paths[n++] = argv[i];
		} else if (strcmp(a, "--") == 0) {
			options = false;
		} else if (strcmp(a, "--json") == 0) {
			json = true;
		} else if (strcmp(a, "--from") == 0 && i + 1 < argc) {
			from = argv[++i];
		} else if (strcmp(a, "--now") == 0 && i + 1 < argc && read_now(argv[i + 1], &now)) {
			i++;
		} else {
			fprintf(stderr,
			    "scorpius\u00a0: option inconnue ou sans valeur correcte\u00a0: «\u00a0%s\u00a0»\n", a);
			return cli_usage("analyze");
		}
	}
	if (from ? n > 0 || json : n == 0)
		return cli_usage("analyze");
	if (from)
		return from_json(mem, from, &now);

	struct error e;
	error_clear(&e);
	struct reader_config cfg = { 0 };
	if (reader_configuration(mem, &cfg, &e) != ERR_OK)
		return cli_fail(NULL, &e);
	struct dossier d;
	dossier_collect(mem, paths, n, &d);
	dossier_read(mem, &cfg, &d);
	struct analysis a;
	tender_analyze(mem, d.file, d.n, &a);
	if (a.refused > 0) /* a bug of the rules: what they could not prove was left out */
		log_warn("facts without proof were left out", "count", num_text(a.refused).s);
	struct buf out;
	buf_init(&out, mem, OUTPUT_MAX);
	analysis_write(&a, &out);
	if (out.full) {
		error_set(&e, ERR_IO, NULL);
		return cli_fail(NULL, &e);
	}
	if (json) {
		fwrite(out.data, 1, out.len, stdout);
		putchar('\n');
	} else if (print_summary(mem, out.data, out.len, &now, &e) != ERR_OK) {
		return cli_fail(NULL, &e);
	}
	return d.read > 0 ? 0 : error_exit_status(ERR_FORMAT_UNREAD);
}
