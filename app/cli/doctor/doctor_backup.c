/* doctor: the backups. */
#include "doctor_private.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup.h"
#include "clock.h"

#define NEW_S (26 * 3600) /* an installation this young has had no night yet */

/* Whether backups are made at all; tells when not. */
static bool wanted(struct doctor *d, bool tell)
{
	if (*d->s->BACKUP_PATH)
		return true;
	if (tell)
		doctor_say(d, d->production ? DOCTOR_ERROR : DOCTOR_WARNING,
		    doctor_mend_setting(d, "écrivez BACKUP_PATH=/var/lib/scorpius/backups (un autre disque monté là)"),
		    "BACKUP_PATH est vide : aucune sauvegarde n'est faite");
	else
		doctor_say(d, DOCTOR_OK, NULL, "aucune sauvegarde (BACKUP_PATH est vide)");
	return false;
}

void doctor_backup_folder(struct doctor *d)
{
	const char *path = d->s->BACKUP_PATH;
	struct stat st, files;
	if (!wanted(d, true))
		return;
	if (stat(path, &st) != 0)
		doctor_say(d, DOCTOR_ERROR,
		    mem_printf(d->mem, "montez-y son disque, ou « install -d -m 700 -o %s -g %s %s »", DOCTOR_USER,
			DOCTOR_USER, path),
		    "BACKUP_PATH (%s) : %s", path, strerror(errno));
	else if (!S_ISDIR(st.st_mode) || access(path, R_OK | W_OK | X_OK) != 0)
		doctor_say(d, DOCTOR_ERROR,
		    mem_printf(d->mem,
			"« chown -R %s:%s %s » ; puis « scorpius setup », qui l'indique aux services durcis",
			DOCTOR_USER, DOCTOR_USER, path),
		    "BACKUP_PATH (%s) ne peut pas être lu et écrit par le compte numéro %u", path, (unsigned)geteuid());
	else if (st.st_mode & 0077)
		doctor_say(d, DOCTOR_WARNING, mem_printf(d->mem, "« chmod 700 %s »", path),
		    "%s a les droits %04o : 0700 suffit", path, (unsigned)st.st_mode & 07777);
	else if (stat(d->s->UPLOAD_PATH, &files) == 0 && files.st_dev == st.st_dev)
		doctor_say(d, DOCTOR_WARNING,
		    mem_printf(
			d->mem, "montez un autre disque sur %s, ou envoyez une copie ailleurs (BACKUP_AFTER)", path),
		    "%s est sur le même système de fichiers que les fichiers : un disque perdu emporte les deux", path);
	else
		doctor_say(d, DOCTOR_OK, NULL, "%s, sur un autre système de fichiers que les données", path);
}

void doctor_backup_age(struct doctor *d)
{
	static const char mend[] = "« systemctl start scorpius-backup » en fait une (avec Docker : « docker-compose "
				   "run --rm operator backup ») ; "
				   "« journalctl -u scorpius-backup » dit ce qui l'a empêchée";
	struct stat st;
	if (!wanted(d, false))
		return;
	int64_t last = backup_last_us(d->s->BACKUP_PATH), age_s = (clock_now_us() - last) / 1000000;
	if (last == 0) {
		bool young = stat(d->s->UPLOAD_PATH, &st) == 0 && clock_now_us() / 1000000 - st.st_ctime < NEW_S;
		doctor_say(d, young ? DOCTOR_WARNING : DOCTOR_ERROR, mend, "il n'y a pas encore de sauvegarde entière");
	} else if (age_s > d->s->BACKUP_MAX_AGE) {
		doctor_say(d, DOCTOR_ERROR, mend,
		    "la dernière sauvegarde entière a %lld heures (BACKUP_MAX_AGE : %lld)", (long long)age_s / 3600,
		    (long long)d->s->BACKUP_MAX_AGE / 3600);
	} else {
		doctor_say(d, DOCTOR_OK, NULL, "entière, il y a %lld h %02lld", (long long)age_s / 3600,
		    (long long)age_s / 60 % 60);
	}
}

void doctor_backup_key(struct doctor *d)
{
	struct master_keys *keys;
	struct backup last;
	struct error e;
	error_clear(&e);
	if (!wanted(d, false))
		return;
	enum result rc = backup_find(d->mem, d->s->BACKUP_PATH, NULL, &last, &e);
	if (rc == ERR_NOT_FOUND) {
		doctor_say(d, DOCTOR_OK, NULL, "aucune sauvegarde encore");
		return;
	}
	if (rc == ERR_OK)
		rc = master_keys_new(d->mem, d->s->SECRET_KEY, d->s->SECRET_KEY_PREVIOUS, &keys, &e);
	if (rc == ERR_OK)
		rc = backup_key_check(&last, keys, &e);
	if (rc == ERR_WRONG_MASTER_KEY)
		doctor_say(d, DOCTOR_ERROR,
		    "retrouvez cette clé (celle que vous avez mise de côté) et gardez-la avec la nouvelle, ou faites "
		    "tout de suite une sauvegarde "
		    "(« systemctl start scorpius-backup »)",
		    "la dernière sauvegarde est scellée avec la clé %s, et SECRET_KEY est la clé %s : elle ne pourrait "
		    "pas être restaurée avec "
		    "ces réglages",
		    last.master_key, master_key_id(keys));
	else if (rc != ERR_OK)
		doctor_say_error(
		    d, DOCTOR_ERROR, "réglez d'abord ce que disent les autres contrôles", "non vérifiée", &e);
	else
		doctor_say(d, DOCTOR_OK, NULL, "la dernière sauvegarde s'ouvre avec SECRET_KEY%s (empreinte %s)",
		    strcmp(last.master_key, master_key_id(keys)) == 0 ? "" : "_PREVIOUS", last.master_key);
}
