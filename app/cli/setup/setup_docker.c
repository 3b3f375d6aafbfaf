/* `scorpius setup --docker`: the one file of settings that docker-compose reads, made from the template that comes with
 * the program. Needs no server and no privileges: it may run in the image before anything is installed. */
#include "setup.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_key.h"

/* What nobody but this installation knows: made here, in characters that a URL can hold. */
static const char *const secrets[] = { "DB_PASSWORD", "DATABASE_API_PASSWORD", "DATABASE_JOBS_PASSWORD",
	"REDIS_PASSWORD", "JWT_SECRET_KEY", "SECRET_KEY" };

/* The name that stands in the template for that of the server. */
static const char placeholder[] = "votre-domaine.fr";

static enum result read_template(struct setup *s, struct settings_file **out, struct error *e)
{
	const char *data = getenv("DATA_PATH");
	const char *path =
	    mem_printf(s->mem, "%s/env.prod.example", data != NULL && data[0] != '\0' ? data : "/usr/share/scorpius");
	TRY(settings_file_read(s->mem, path, out, e));
	return (*out)->exists ? ERR_OK
			      : setup_stop(s, ERR_IO, e, "%s n'existe pas\u00a0: l'installation est incomplète", path);
}

static enum result read_stdin(struct setup *s, struct settings_file **out, struct error *e)
{
	struct buf text;
	char piece[4096];
	size_t n;
	buf_init(&text, s->mem, 256 * 1024);
	while ((n = fread(piece, 1, sizeof piece, stdin)) > 0)
		buf_add(&text, piece, n);
	if (ferror(stdin) || text.full || strlen(text.data) != text.len)
		return setup_stop(s, ERR_USAGE, e, "l'entrée standard n'est pas un fichier de réglages");
	*out = settings_file_parse(s->mem, "-", text.data);
	(*out)->exists = text.len > 0;
	return ERR_OK;
}

static const char *with_name(TALLOC_CTX *mem, const char *text, const char *host)
{
	struct buf out;
	buf_init(&out, mem, 256 * 1024);
	for (const char *at; (at = strstr(text, placeholder)) != NULL; text = at + sizeof placeholder - 1) {
		buf_add(&out, text, (size_t)(at - text));
		buf_str(&out, host);
	}
	buf_str(&out, text);
	return out.data;
}

static void add_line(struct settings_file *f, size_t at, const char *line)
{
	f->lines = mem_grow(f->mem, f->lines, const char *, f->n + 1);
	memmove(&f->lines[at + 1], &f->lines[at], (f->n - at) * sizeof *f->lines);
	f->lines[at] = line;
	f->n++;
	f->changed = true;
}

/* Where the line of that name is; false when there is none. */
static bool find(const struct settings_file *f, const char *name, size_t *at)
{
	size_t n = strlen(name);
	for (*at = f->n; (*at)-- > 0;)
		if (strncmp(f->lines[*at], name, n) == 0 && f->lines[*at][n] == '=')
			return true;
	return false;
}

/* What a newer template has more than the file gets its line in it, in the template's order: a line may name those
 * above it only. */
static void add_missing(struct settings_file *f, const struct settings_file *example)
{
	size_t next = f->n, at;
	for (size_t i = example->n; i-- > 0;) {
		const char *line = example->lines[i];
		size_t n = strcspn(line, "=");
		if (line[n] != '=' || line[0] == '#')
			continue;
		if (find(f, mem_strndup(f->mem, line, n), &at))
			next = at;
		else
			add_line(f, next, line);
	}
}

/* The file as it is, or the template; a given public URL names the server in both. */
static enum result begin(struct setup *s, struct settings_file **out, struct error *e)
{
	struct settings_file *f = NULL, *example = NULL;
	const char *path = s->output != NULL ? s->output : "-";
	TRY(read_template(s, &example, e));
	if (s->from != NULL && strcmp(s->from, "-") == 0)
		TRY(read_stdin(s, &f, e));
	else if (s->from != NULL || s->output != NULL)
		TRY(settings_file_read(s->mem, s->from != NULL ? s->from : s->output, &f, e));
	if (s->from != NULL && (f == NULL || !f->exists))
		return setup_stop(s, ERR_USAGE, e, "--from\u00a0: %s est vide ou n'existe pas", s->from);
	const char *url = setup_wished(s, "PUBLIC_URL");
	if (url == NULL && f != NULL)
		url = settings_file_get(f, "PUBLIC_URL");
	const char *host = setup_host(s->mem, url);
	if (host == NULL)
		return setup_stop(s, ERR_USAGE, e,
		    url == NULL ? "il manque --public-url https://NOM"
				: "PUBLIC_URL doit être de la forme https://NOM");
	example = settings_file_parse(s->mem, path, with_name(s->mem, settings_file_text(example), host));
	if (f == NULL || !f->exists) {
		*out = example;
		(*out)->changed = true;
		return ERR_OK;
	}
	add_missing(f, example);
	f->path = path;
	*out = f;
	return ERR_OK;
}

static enum result fill(struct setup *s, struct settings_file *f, struct error *e)
{
	struct settings unused;
	for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
		const char *value = settings_file_get(f, secrets[i]);
		if (value == NULL || value[0] == '\0')
			TRY(settings_file_set(f, READ_BY_COMPOSE, secrets[i], setup_secret(s->mem, 32), e));
	}
	for (size_t i = 0; i < s->n_wishes; i++)
		TRY(settings_file_set(f, READ_BY_COMPOSE, s->wishes[i].name, s->wishes[i].value, e));
	return setup_check(&f, 1, s->mem, &unused, e);
}

/* How the file remembers that somebody said so. */
static const char *kept_line(TALLOC_CTX *mem, const char *id)
{
	return mem_printf(mem, "# A copy of the SECRET_KEY with the fingerprint %s is kept elsewhere.", id);
}

static bool is_kept(const struct settings_file *f, const char *id)
{
	const char *line = kept_line(f->mem, id);
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->lines[i], line) == 0)
			return true;
	return false;
}

static enum result hand_over(struct setup *s, struct settings_file *f, struct error *e)
{
	if (s->output == NULL) {
		fputs(settings_file_text(f), stdout);
		return ERR_OK;
	}
	TRY(settings_file_write(f, geteuid(), getegid(), e));
	/* One that was copied by hand may be open to others. */
	if (chmod(s->output, 0600) != 0)
		return setup_stop(s, ERR_IO, e, "%s\u00a0: son mode ne peut pas devenir 0600", s->output);
	return ERR_OK;
}

enum result setup_docker(struct setup *s, struct error *e)
{
	struct settings_file *f = NULL;
	struct master_keys *keys;
	if (s->output == NULL && isatty(STDOUT_FILENO))
		return setup_stop(s, ERR_USAGE, e,
		    "les secrets s'afficheraient sur ce terminal\u00a0: ajoutez --output .env.prod, ou redirigez la "
		    "sortie (avec "
		    "docker run, -i sans -t)");
	TRY(begin(s, &f, e));
	TRY(fill(s, f, e));
	TRY(master_keys_new(s->mem, settings_file_get(f, "SECRET_KEY"), NULL, &keys, e));
	const char *id = master_key_id(keys);
	bool known = is_kept(f, id);
	if (!known && s->key_kept)
		add_line(f, f->n, kept_line(f->mem, id));
	TRY(hand_over(s, f, e));
	setup_done(s, "réglages", "%s", s->output != NULL ? s->output : "sortie standard");
	if (!known && !s->key_kept)
		setup_tell_key(stderr, s->output != NULL ? s->output : "le fichier de réglages", id);
	return ERR_OK;
}
