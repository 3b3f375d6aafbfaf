/* Every error of Scorpius, one row each: X(NAME, "id", HTTP status, exit status, English, French).
 * The id is part of the API: it never changes its meaning. Exit statuses are those of sysexits.h. */
#ifndef BASE_ERROR_LIST_H
#define BASE_ERROR_LIST_H

/* clang-format off */
#define ERROR_LIST(X) \
	X(OK, "ok", 200, 0, "no error", "aucune erreur") \
	/* the request as a message */ \
	X(MALFORMED_REQUEST, "malformed_request", 400, 65, "the request is malformed", "la requête est mal formée") \
	X(MALFORMED_JSON, "malformed_json", 400, 65, "the body is not valid JSON: {reason}", "le corps n'est pas du JSON valide\u00a0: {reason}") \
	X(TOO_DEEP, "json_too_deep", 400, 65, "the JSON is nested more than {max} levels deep", "le JSON est imbriqué sur plus de {max} niveaux") \
	X(INVALID_UTF8, "invalid_utf8", 400, 65, "the text is not valid UTF-8", "le texte n'est pas de l'UTF-8 valide") \
	X(NUL_IN_TEXT, "nul_in_text", 400, 65, "the text contains a NUL character", "le texte contient un caractère NUL") \
	X(DUPLICATE_FIELD, "duplicate_field", 400, 65, "'{name}' is given twice", "«\u00a0{name}\u00a0» est donné deux fois") \
	X(UNKNOWN_FIELD, "unknown_field", 400, 65, "'{name}' is not a known field", "«\u00a0{name}\u00a0» n'est pas un champ connu") \
	X(MISSING_FIELD, "missing_field", 400, 65, "this field is required", "ce champ est obligatoire") \
	X(INVALID_TYPE, "invalid_type", 400, 65, "must be {type}", "doit être de type {type}") \
	X(INVALID_VALUE, "invalid_value", 400, 65, "'{value}' is not allowed here; expected {expected}", "«\u00a0{value}\u00a0» n'est pas admis ici\u00a0; attendu\u00a0: {expected}") \
	X(OUT_OF_RANGE, "out_of_range", 400, 65, "must lie between {min} and {max}", "doit être compris entre {min} et {max}") \
	X(TOO_SHORT, "too_short", 400, 65, "must have at least {min} characters", "doit compter au moins {min} caractères") \
	X(TOO_LONG, "too_long", 400, 65, "must not exceed {max} bytes", "ne doit pas dépasser {max} octets") \
	X(INVALID_ID, "invalid_id", 400, 65, "'{value}' is not a UUID", "«\u00a0{value}\u00a0» n'est pas un UUID") \
	X(INVALID_EMAIL, "invalid_email", 400, 65, "'{value}' is not an e-mail address", "«\u00a0{value}\u00a0» n'est pas une adresse électronique") \
	X(INVALID_SIRET, "invalid_siret", 400, 65, "'{value}' is not a SIRET number: {reason}", "«\u00a0{value}\u00a0» n'est pas un numéro SIRET\u00a0: {reason}") \
	X(INVALID_VAT_NUMBER, "invalid_vat_number", 400, 65, "'{value}' is not a VAT number: {reason}", "«\u00a0{value}\u00a0» n'est pas un numéro de TVA\u00a0: {reason}") \
	X(INVALID_CURSOR, "invalid_cursor", 400, 65, "this cursor does not come from an earlier answer", "ce curseur ne provient pas d'une réponse précédente") \
	X(UNKNOWN_PARAMETER, "unknown_parameter", 400, 65, "'{name}' is not a parameter of this route", "«\u00a0{name}\u00a0» n'est pas un paramètre de cette route") \
	X(UNEXPECTED_BODY, "unexpected_body", 400, 65, "this route takes no body", "cette route n'accepte pas de corps") \
	X(BODY_INCOMPLETE, "body_incomplete", 400, 65, "the body ended before its announced length", "le corps s'est terminé avant la longueur annoncée") \
	X(MALFORMED_MULTIPART, "malformed_multipart", 400, 65, "the multipart body is malformed: {reason}", "le corps multipart est mal formé\u00a0: {reason}") \
	X(NO_FILE, "no_file", 400, 65, "the request has no part named 'file'", "la requête ne contient aucune partie nommée «\u00a0file\u00a0»") \
	X(EMPTY_FILE, "empty_file", 400, 65, "the file '{name}' is empty", "le fichier «\u00a0{name}\u00a0» est vide") \
	X(FILE_TYPE_REFUSED, "file_type_refused", 400, 65, "the content of '{name}' is of type '{type}', which is not accepted", "le contenu de «\u00a0{name}\u00a0» est de type «\u00a0{type}\u00a0», qui n'est pas accepté") \
	X(UPLOAD_LENGTH, "invalid_upload_length", 400, 65, "Upload-Length must give the size of the whole file: bytes, in digits", "Upload-Length doit donner la taille du fichier entier\u00a0: des octets, en chiffres") \
	X(UPLOAD_LENGTH_DEFERRED, "upload_length_deferred", 400, 65, "the size of the file must be known at the beginning: send Upload-Length in place of Upload-Defer-Length", "la taille du fichier doit être connue dès le début\u00a0: envoyez Upload-Length à la place d'Upload-Defer-Length") \
	X(UPLOAD_METADATA, "invalid_upload_metadata", 400, 65, "Upload-Metadata must be a list of 'name value' with values in base64, separated by commas; '{value}' is not", "Upload-Metadata doit être une liste de «\u00a0nom valeur\u00a0», valeurs en base64, séparée par des virgules\u00a0; «\u00a0{value}\u00a0» n'en est pas") \
	X(UPLOAD_OFFSET, "invalid_upload_offset", 400, 65, "Upload-Offset must tell where the part begins: bytes, in digits", "Upload-Offset doit dire où commence la partie\u00a0: des octets, en chiffres") \
	X(UPLOAD_CHECKSUM, "invalid_upload_checksum", 400, 65, "Upload-Checksum must be '{expected}'", "Upload-Checksum doit être de la forme «\u00a0{expected}\u00a0»") \
	X(PART_TOO_SMALL, "part_too_small", 400, 65, "a part that is not the last one must have at least {min} bytes", "une partie qui n'est pas la dernière doit compter au moins {min} octets") \
	X(WEAK_PASSWORD, "weak_password", 400, 65, "the password is too easy to guess", "le mot de passe est trop facile à deviner") \
	X(LINK_INVALID, "link_invalid", 400, 65, "this link is not valid, or has been used already", "ce lien n'est pas valable ou a déjà été utilisé") \
	X(LINK_EXPIRED, "link_expired", 400, 65, "this link has expired; ask for a new one", "ce lien a expiré\u00a0; demandez-en un nouveau") \
	X(WRONG_PASSWORD, "wrong_password", 400, 65, "this is not your password", "ce n'est pas votre mot de passe") \
	X(COMMON_PASSWORD, "common_password", 400, 65, "the password is in a list of common passwords", "le mot de passe figure dans une liste de mots de passe courants") \
	/* who asks */ \
	X(MISSING_TOKEN, "missing_token", 401, 77, "an access token is required", "un jeton d'accès est requis") \
	X(INVALID_TOKEN, "invalid_token", 401, 77, "the token is not valid", "le jeton n'est pas valide") \
	X(EXPIRED_TOKEN, "expired_token", 401, 77, "the token has expired", "le jeton a expiré") \
	X(INVALID_CREDENTIALS, "invalid_credentials", 401, 77, "unknown e-mail address or wrong password", "adresse électronique inconnue ou mot de passe erroné") \
	X(FORBIDDEN, "forbidden", 403, 77, "your role does not allow this", "votre rôle ne le permet pas") \
	X(ROLE_NOT_ALLOWED, "role_not_allowed", 403, 77, "the role '{value}' can't be given by registration", "le rôle «\u00a0{value}\u00a0» ne peut pas être attribué à l'inscription") \
	X(EMAIL_UNCONFIRMED, "email_unconfirmed", 403, 77, "confirm your e-mail address first", "confirmez d'abord votre adresse électronique") \
	X(ORGANIZATION_DELETED, "organization_deleted", 403, 77, "the organisation is deleted and will be erased; its owner can bring it back until then", "l'organisation est supprimée et sera effacée\u00a0; son propriétaire peut la rétablir d'ici là") \
	X(REGISTRATION_CLOSED, "registration_closed", 403, 77, "registration is closed on this server", "les inscriptions sont fermées sur ce serveur") \
	/* what is asked for */ \
	X(NOT_FOUND, "not_found", 404, 66, "there is no such resource", "cette ressource n'existe pas") \
	X(ROUTE_NOT_FOUND, "route_not_found", 404, 66, "there is no such address", "cette adresse n'existe pas") \
	X(METHOD_NOT_ALLOWED, "method_not_allowed", 405, 66, "this method is not allowed here", "cette méthode n'est pas admise ici") \
	X(REQUEST_TIMEOUT, "request_timeout", 408, 75, "the request took too long to arrive", "la requête a mis trop de temps à arriver") \
	X(EMAIL_TAKEN, "email_taken", 409, 65, "an account with this e-mail address exists already", "un compte existe déjà avec cette adresse électronique") \
	X(EXPORT_NOT_READY, "export_not_ready", 409, 75, "this export has no file: it is being made, or it failed", "cet export n'a pas de fichier\u00a0: il est en préparation, ou il a échoué") \
	X(NOT_DELETED, "not_deleted", 409, 65, "the organisation is not deleted, or is erased already", "l'organisation n'est pas supprimée, ou elle est déjà effacée") \
	X(PROFILE_EXISTS, "profile_exists", 409, 65, "the organisation has a company profile already", "l'organisation a déjà un profil d'entreprise") \
	X(ALREADY_INVITED, "already_invited", 409, 65, "this e-mail address has an invitation that is still open", "une invitation est déjà en cours pour cette adresse électronique") \
	X(OWN_ACCOUNT, "own_account", 409, 65, "this is your own account: it is removed with your password", "c'est votre propre compte\u00a0: il se supprime avec votre mot de passe") \
	X(OPERATOR_ACCOUNT, "operator_account", 409, 65, "accounts of the operator are changed by the command line", "les comptes de l'exploitant se modifient en ligne de commande") \
	X(LAST_OWNER, "last_owner", 409, 65, "an organisation keeps at least one owner", "une organisation garde au moins un propriétaire") \
	X(ALREADY_PROCESSING, "already_processing", 409, 75, "the document is being processed", "le document est en cours de traitement") \
	X(NOT_PROCESSED, "not_processed", 409, 75, "the document has not been analysed yet", "le document n'a pas encore été analysé") \
	X(NOT_ANALYZED, "not_analyzed", 409, 75, "the tender has not been analysed yet", "la consultation n'a pas encore été analysée") \
	X(NO_DOCUMENTS, "no_documents", 409, 65, "the tender has no documents to analyse", "la consultation ne contient aucun document à analyser") \
	X(NO_RULES_DOCUMENT, "no_rules_document", 409, 65, "no document is recognised as the rules of the consultation (RC)", "aucun règlement de la consultation (RC) n'a été reconnu parmi les pièces") \
	X(IN_OTHER_TENDER, "document_in_other_tender", 409, 65, "the document belongs to another tender", "le document appartient à une autre consultation") \
	X(BAD_STATE, "bad_state", 409, 65, "not possible while the state is '{state}'", "impossible dans l'état «\u00a0{state}\u00a0»") \
	X(OFFSET_CONFLICT, "upload_offset_conflict", 409, 75, "the next part of this upload begins at {value}", "la partie suivante de ce dépôt commence à {value}") \
	X(TOO_MANY_UPLOADS, "too_many_uploads", 409, 75, "the organisation has {max} unfinished uploads already: finish one or delete it", "l'organisation a déjà {max} dépôts inachevés\u00a0: terminez-en un ou supprimez-le") \
	X(TUS_VERSION, "tus_version", 412, 65, "this version of the tus protocol is not spoken here; expected {expected}", "cette version du protocole tus n'est pas prise en charge ici\u00a0; attendu\u00a0: {expected}") \
	X(VERSION_CONFLICT, "version_conflict", 409, 75, "this was changed meanwhile: its version is {version} now", "cet élément a été modifié entre-temps\u00a0: sa version est maintenant {version}") \
	X(LEGAL_HOLD, "legal_hold", 409, 65, "a legal hold keeps this: an owner can lift it", "une conservation pour litige l'interdit\u00a0; un propriétaire peut la lever") \
	X(RETENTION_ENDS, "retention_ends", 409, 65, "the retention of this tender ends: it will be deleted from {date} on", "la durée de conservation de cette consultation s'achève\u00a0: elle sera supprimée à partir du {date}") \
	X(BODY_TOO_LARGE, "body_too_large", 413, 65, "the body exceeds the limit of {max} bytes", "le corps dépasse la limite de {max} octets") \
	X(FILE_TOO_LARGE, "file_too_large", 413, 65, "the file '{name}' exceeds the limit of {max} bytes", "le fichier «\u00a0{name}\u00a0» dépasse la limite de {max} octets") \
	X(TOO_MANY_FILES, "too_many_files", 413, 65, "a request may carry at most {max} files", "une requête peut contenir au plus {max} fichiers") \
	X(URI_TOO_LONG, "uri_too_long", 414, 65, "the address is too long", "l'adresse est trop longue") \
	X(UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", 415, 65, "the content type must be '{expected}'", "le type de contenu doit être «\u00a0{expected}\u00a0»") \
	X(RANGE_NOT_SATISFIABLE, "range_not_satisfiable", 416, 65, "the range lies outside of the file, which has {size} bytes", "la plage demandée est en dehors du fichier, qui compte {size} octets") \
	X(CHECKSUM_MISMATCH, "checksum_mismatch", 460, 65, "the part does not have the checksum that came with it", "la partie n'a pas la somme de contrôle annoncée") \
	X(TOO_MANY_REQUESTS, "too_many_requests", 429, 75, "too many requests; try again later", "trop de requêtes\u00a0; réessayez plus tard") \
	/* our side */ \
	X(INTERNAL, "internal_error", 500, 70, "an internal error occurred; quote the request id to the operator", "une erreur interne est survenue\u00a0; indiquez l'identifiant de la requête à l'exploitant") \
	X(UNAVAILABLE, "service_unavailable", 503, 69, "a service that is needed does not answer; try again later", "un service nécessaire ne répond pas\u00a0; réessayez plus tard") \
	X(SERVER_BUSY, "server_busy", 503, 75, "the server is busy; try again in a moment", "le serveur est occupé\u00a0; réessayez dans un instant") \
	X(MAINTENANCE, "maintenance", 503, 75, "the service is down for maintenance; try again later", "le service est en maintenance\u00a0; réessayez plus tard") \
	X(STORAGE_FULL, "storage_full", 507, 74, "the storage is full", "l'espace de stockage est plein") \
	X(IO, "io_error", 500, 74, "reading or writing failed", "la lecture ou l'écriture a échoué") \
	X(DAMAGED, "damaged_data", 500, 74, "stored data is damaged", "des données enregistrées sont endommagées") \
	X(INVALID_SETTING, "invalid_setting", 500, 78, "setting {name}: {reason}", "réglage {name}\u00a0: {reason}") \
	X(DATABASE_TOO_OLD, "database_too_old", 503, 69, "PostgreSQL {version} is too old: {needed} or newer is needed", "PostgreSQL {version} est trop ancien\u00a0: il faut la version {needed} ou une plus récente") \
	X(STATEMENT_MISMATCH, "statement_mismatch", 500, 70, "statement {name}: {reason}", "requête {name}\u00a0: {reason}") \
	X(USAGE, "usage", 400, 64, "usage: {usage}", "utilisation\u00a0: {usage}") \
	X(REQUEST_IN_PROGRESS, "request_in_progress", 409, 75, "a request with the same Idempotency-Key is being served", "une requête portant la même Idempotency-Key est en cours de traitement") \
	X(KEY_REUSED, "idempotency_key_reused", 409, 65, "this Idempotency-Key came with another request before", "cette Idempotency-Key a déjà accompagné une autre requête") \
	X(INVALID_KEY, "invalid_idempotency_key", 400, 65, "an Idempotency-Key has 1 to {max} visible ASCII characters", "une Idempotency-Key compte de 1 à {max} caractères ASCII visibles") \
	X(CONFLICT, "conflict", 409, 75, "somebody else changed this at the same time", "quelqu'un d'autre a modifié cet élément en même temps") \
	/* the schema of the database */ \
	X(SCHEMA_OLDER, "schema_older", 503, 75, "the schema of the database is older than this program: it has to be migrated", "le schéma de la base est plus ancien que ce programme\u00a0: il doit être mis à jour") \
	X(SCHEMA_NEWER, "schema_newer", 503, 78, "the schema of the database serves later versions of this program only", "le schéma de la base ne sert plus que des versions plus récentes de ce programme") \
	X(SCHEMA_LOCKED, "schema_locked", 503, 75, "somebody holds a lock that the change of the schema needs", "quelqu'un tient un verrou dont la modification du schéma a besoin") \
	X(SCHEMA_LOSS, "schema_loss", 409, 65, "this withdrawal would lose data", "ce retrait ferait perdre des données") \
	X(MIGRATION_RUNNING, "migration_running", 409, 75, "another migration is in hand", "une autre migration est en cours") \
	/* backup and restore */ \
	X(BACKUP_RUNNING, "backup_running", 409, 75, "another backup or restore is in hand", "une autre sauvegarde ou restauration est en cours") \
	X(BACKUP_INCOMPLETE, "backup_incomplete", 500, 74, "files are missing from the backup", "des fichiers manquent à la sauvegarde") \
	X(BACKUP_TOO_OLD, "backup_too_old", 503, 75, "there is no whole backup of the last {time}", "il n'y a pas de sauvegarde entière depuis {time}") \
	X(BACKUP_NOT_SENT, "backup_not_sent", 503, 75, "the backup is whole, but BACKUP_AFTER failed: {reason}", "la sauvegarde est entière, mais BACKUP_AFTER a échoué\u00a0: {reason}") \
	X(RESTORE_NOT_EMPTY, "restore_not_empty", 409, 65, "a restore needs {place} to be empty", "une restauration demande que {place} soit vide") \
	X(RESTORE_TOO_NEW, "restore_too_new", 409, 65, "the backup is of a later version: {reason}", "la sauvegarde vient d'une version plus récente\u00a0: {reason}") \
	X(WRONG_MASTER_KEY, "wrong_master_key", 500, 78, "sealed under the master key {theirs}; SECRET_KEY is {ours}", "scellé avec la clé maîtresse {theirs}\u00a0; SECRET_KEY est la clé {ours}") \
	/* mail */ \
	X(MAIL_FAILED, "mail_failed", 503, 75, "the mail server did not take the message for now", "le serveur de messagerie n'a pas pris le message pour l'instant") \
	X(MAIL_REFUSED, "mail_refused", 400, 65, "the mail server refuses this recipient or this message", "le serveur de messagerie refuse ce destinataire ou ce message") \
	X(MAIL_DISABLED, "mail_disabled", 503, 69, "this server sends no mail", "ce serveur n'envoie pas de courriels") \
	/* reading a document */ \
	X(DOCUMENT_ENCRYPTED, "document_encrypted", 400, 65, "the document is protected by a password", "le document est protégé par un mot de passe") \
	X(DOCUMENT_UNREADABLE, "document_unreadable", 400, 65, "the document can't be read: {reason}", "le document est illisible\u00a0: {reason}") \
	X(DOCUMENT_TOO_BIG, "document_too_big", 400, 65, "the document exceeds a limit of the reader: {limit}", "le document dépasse une limite de lecture\u00a0: {limit}") \
	X(FORMAT_UNREAD, "unread_format", 400, 65, "this format is kept but not read", "ce format est conservé mais n'est pas lu") \
	X(ENTRY_REFUSED, "entry_refused", 400, 65, "the file '{name}' of the archive was refused: {reason}", "le fichier «\u00a0{name}\u00a0» de l'archive a été refusé\u00a0: {reason}") \
	X(NO_TEXT, "no_text", 400, 65, "no page of the document has text", "aucune page du document ne contient de texte") \
	X(PAGES_WITHOUT_TEXT, "pages_without_text", 400, 65, "pages without text were not read: {pages}", "des pages sans texte n'ont pas été lues\u00a0: {pages}") \
	X(PARTLY_READ, "partly_read", 400, 65, "the document was read in part only: {reason}", "le document n'a été lu qu'en partie\u00a0: {reason}") \
	X(DOCUMENT_QUARANTINED, "document_quarantined", 409, 65, "the document is in quarantine: the virus scanner found '{signature}' in it", "le document est en quarantaine\u00a0: l'antivirus y a trouvé «\u00a0{signature}\u00a0»") \
	X(DOCUMENT_UNSCANNED, "document_unscanned", 409, 75, "the document has not been checked for viruses yet", "le document n'a pas encore été vérifié par l'antivirus") \
	X(SCAN_TOO_LARGE, "scan_too_large", 400, 65, "the document exceeds a limit of the virus scanner and was not read", "le document dépasse une limite de l'antivirus et n'a pas été lu") \
	X(SCANNER_UNAVAILABLE, "scanner_unavailable", 503, 69, "the virus scanner does not answer: reading waits for it", "l'antivirus ne répond pas\u00a0: la lecture attend") \
	X(READER_TIMEOUT, "reader_timeout", 400, 75, "reading the document took too long", "la lecture du document a pris trop de temps") \
	X(READER_CRASHED, "reader_crashed", 400, 70, "the reader stopped on this document", "le lecteur s'est arrêté sur ce document")
/* clang-format on */

#endif
