/* doctor: where files lie, and what they pass through. */
#include "doctor_private.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "backup.h"
#include "scanner.h"
#include "store_settings.h"
#include "temp_files.h"

#define SCANNER_MS 2000
#define SCARCE_SHARE 10 /* of the disk, in percent */

static const char *as_whom(struct doctor *d)
{
	return geteuid() == 0 ? "root" : mem_printf(d->mem, "le compte numéro %u", (unsigned)geteuid());
}

void doctor_store_folder(struct doctor *d)
{
	const char *path = d->s->UPLOAD_PATH;
	const char *mend =
	    mem_printf(d->mem, "« install -d -m 700 -o %s -g %s %s », ou montez le volume qui doit y être", DOCTOR_USER,
		DOCTOR_USER, path);
	struct stat st;
	struct store *store;
	struct error e;
	error_clear(&e);
	/* store_open_directory would make it: then a volume that is not mounted looks like an empty store. */
	if (stat(path, &st) != 0) {
		doctor_say(d, DOCTOR_ERROR, mend, "UPLOAD_PATH (%s) : %s", path, strerror(errno));
		return;
	}
	if (!S_ISDIR(st.st_mode) || access(path, R_OK | W_OK | X_OK) != 0) {
		doctor_say(d, DOCTOR_ERROR,
		    mem_printf(d->mem, "« chown -R %s:%s %s && chmod 700 %s »", DOCTOR_USER, DOCTOR_USER, path, path),
		    "%s ne peut pas lire et écrire UPLOAD_PATH (%s, droits %04o, compte numéro %u)", as_whom(d), path,
		    (unsigned)st.st_mode & 07777, (unsigned)st.st_uid);
		return;
	}
	enum result rc = store_open_directory(d->mem, path, NULL, &store, &e);
	if (rc == ERR_OK)
		rc = store_writable(store, &e);
	if (rc != ERR_OK) {
		doctor_say_error(d, DOCTOR_ERROR,
		    rc == ERR_STORAGE_FULL ? "libérez de la place ou agrandissez le volume"
					   : "le volume est-il en lecture seule ? « dmesg » et « mount » le disent ; "
					     "dans un service durci, voyez ReadWritePaths",
		    mem_printf(d->mem, "rien ne peut être écrit dans %s", path), &e);
		return;
	}
	if (st.st_mode & 0077)
		doctor_say(d, DOCTOR_WARNING, mem_printf(d->mem, "« chmod 700 %s »", path),
		    "%s a les droits %04o : 0700 suffit", path, (unsigned)st.st_mode & 07777);
	else
		doctor_say(d, DOCTOR_OK, NULL, "%s, lu et écrit par %s", path, as_whom(d));
}

/* Tells what is wrong with the room at `path`; false when nothing is. */
static bool say_room(struct doctor *d, const char *path, const char *name, int64_t least)
{
	struct statvfs fs;
	if (statvfs(path, &fs) != 0) {
		doctor_say(d, DOCTOR_ERROR, NULL, "%s (%s) : %s", name, path, strerror(errno));
		return true;
	}
	int64_t free_bytes = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize,
		all = (int64_t)fs.f_blocks * (int64_t)fs.f_frsize;
	const char *left = backup_size_text(d->mem, free_bytes), *of = backup_size_text(d->mem, all);
	const char *mend = mem_printf(d->mem,
	    "agrandissez le volume de %s, ou faites de la place (durées de conservation, vieux journaux)", path);
	if (fs.f_files > 0 && fs.f_favail < 1000)
		doctor_say(d, DOCTOR_ERROR, mend, "%s (%s) : plus que %llu inodes", name, path,
		    (unsigned long long)fs.f_favail);
	else if (free_bytes < least)
		doctor_say(d, DOCTOR_ERROR, mend,
		    "%s (%s) : il reste %s sur %s, les dépôts sont refusés (STORAGE_MIN_FREE)", name, path, left, of);
	else if (free_bytes / SCARCE_SHARE < all / 100 && free_bytes < (10LL << 30))
		doctor_say(d, DOCTOR_WARNING, mend, "%s (%s) : il reste %s sur %s", name, path, left, of);
	else
		return false;
	return true;
}

void doctor_store_room(struct doctor *d)
{
	struct statvfs fs;
	bool said = say_room(d, d->s->UPLOAD_PATH, "UPLOAD_PATH", d->s->STORAGE_MIN_FREE);
	if (*d->s->BACKUP_PATH && access(d->s->BACKUP_PATH, F_OK) == 0)
		said = say_room(d, d->s->BACKUP_PATH, "BACKUP_PATH", 64 << 20) || said;
	if (!said && statvfs(d->s->UPLOAD_PATH, &fs) == 0)
		doctor_say(d, DOCTOR_OK, NULL, "%s libres pour les fichiers",
		    backup_size_text(d->mem, (int64_t)fs.f_bavail * (int64_t)fs.f_frsize));
}

void doctor_store_bucket(struct doctor *d)
{
	struct store *bucket;
	struct error e;
	error_clear(&e);
	if (strcmp(d->s->STORAGE_BACKEND, "s3") != 0) {
		doctor_say(d, DOCTOR_OK, NULL, "non utilisé (STORAGE_BACKEND=%s)", d->s->STORAGE_BACKEND);
		return;
	}
	enum result rc = store_open_bucket(d->mem, d->s, NULL, &bucket, &e);
	if (rc == ERR_OK)
		rc = store_writable(bucket, &e);
	if (rc != ERR_OK)
		doctor_say_error(d, DOCTOR_ERROR,
		    doctor_mend_setting(d, "vérifiez S3_ENDPOINT, S3_BUCKET, le compte et son secret, puis corrigez"),
		    mem_printf(d->mem, "le compartiment %s ne répond pas ; les dépôts attendent dans UPLOAD_PATH",
			d->s->S3_BUCKET ? d->s->S3_BUCKET : "?"),
		    &e);
	else
		doctor_say(d, DOCTOR_OK, NULL, "le compartiment %s répond", d->s->S3_BUCKET);
}

void doctor_temp_files(struct doctor *d)
{
	const char *wrong = temp_files_wrong(d->s);
	struct error e;
	char text[512];
	error_clear(&e);
	if (!wrong) {
		doctor_say(d, DOCTOR_OK, NULL, "%s",
		    *d->s->NGINX_TEMP_PATH ? d->s->NGINX_TEMP_PATH : "non vérifiés (NGINX_TEMP_PATH est vide)");
		return;
	}
	(void)error_set(&e, ERR_INVALID_SETTING, NULL, "name", "NGINX_TEMP_PATH", "reason", wrong);
	error_text(&e.faults[0], LANG_FR, text, sizeof(text));
	doctor_say(d, d->production ? DOCTOR_ERROR : DOCTOR_WARNING,
	    "« systemctl start var-lib-scorpius-spool.mount » ; sa taille se change par « systemctl edit » du même nom",
	    "%s", text);
}

void doctor_scanner(struct doctor *d)
{
	struct scanner scanner;
	struct error e;
	bool on;
	error_clear(&e);
	scanner_configure(d->s, &scanner, &on);
	if (!on)
		doctor_say(d, DOCTOR_OK, NULL, "aucun (CLAMD_SOCKET est vide)");
	else if (scan_ping(&scanner, SCANNER_MS, &e) != ERR_OK)
		doctor_say_error(d, DOCTOR_ERROR,
		    doctor_mend_setting(d, "« systemctl start clamav-daemon » ; le compte des services doit pouvoir "
					   "ouvrir la socket ; sinon corrigez CLAMD_SOCKET"),
		    mem_printf(d->mem, "clamd ne répond pas sur %s, %s", d->s->CLAMD_SOCKET,
			scanner.required ? "ce qui est déposé attend" : "ce qui est déposé est lu sans être examiné"),
		    &e);
	else
		doctor_say(d, DOCTOR_OK, NULL, "clamd répond");
}
