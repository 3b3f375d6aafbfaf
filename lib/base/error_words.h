/* Words that stand as arguments in error texts, in both languages: X("as set by the code", "English", "French"). An
 * argument that is not in the list (a name, a value, a number) is shown as it is. Settings' reasons are for operators
 * and the log, and stay English unless listed. */
#ifndef BASE_ERROR_WORDS_H
#define BASE_ERROR_WORDS_H

#define SAME(X, en, fr) X(en, en, fr)

/* clang-format off */
#define ERROR_WORDS(X) \
	/* types of JSON values */ \
	X("string", "a string", "texte") \
	X("integer", "an integer", "entier") \
	X("number", "a number", "nombre") \
	X("boolean", "a boolean", "booléen") \
	X("array", "an array", "liste") \
	X("object", "an object", "objet") \
	/* documents of a dossier */ \
	X("replaced", "replaced", "remplacé") \
	X("exactly one other document", "exactly one other document", "exactement un autre document") \
	/* malformed JSON */ \
	SAME(X, "a text must stand in double quotes", "un texte doit être entre guillemets droits doubles") \
	SAME(X, "a control character stands in a text", "un texte contient un caractère de contrôle") \
	SAME(X, "\\u needs four hexadecimal digits", "\\u doit être suivi de quatre chiffres hexadécimaux") \
	SAME(X, "unknown escape in a text", "un texte contient un échappement inconnu") \
	SAME(X, "it ends within a text", "il se termine au milieu d'un texte") \
	SAME(X, "a number has too many digits", "un nombre a trop de chiffres") \
	SAME(X, "a value is expected", "une valeur est attendue") \
	SAME(X, "':' is expected behind a name", "« : » est attendu après un nom") \
	SAME(X, "',' is expected", "« , » est attendu") \
	SAME(X, "it ends too early", "il se termine trop tôt") \
	SAME(X, "something stands behind the value", "quelque chose suit la valeur") \
	/* malformed multipart */ \
	SAME(X, "the boundary is too long", "le délimiteur est trop long") \
	SAME(X, "no boundary", "le délimiteur manque") \
	SAME(X, "it ends without its final boundary", "il se termine sans délimiteur final") \
	SAME(X, "the headers of a part are too long", "les en-têtes d'une partie sont trop longs") \
	SAME(X, "a NUL stands in a header", "un en-tête contient un caractère NUL") \
	SAME(X, "it ends within the headers of a part", "il se termine dans les en-têtes d'une partie") \
	SAME(X, "a file has no name", "un fichier n'a pas de nom") \
	SAME(X, "a part is not form-data", "une partie n'est pas de type form-data") \
	SAME(X, "a part has no usable name", "une partie n'a pas de nom utilisable") \
	SAME(X, "too many parts", "il y a trop de parties") \
	SAME(X, "something stands behind a boundary", "quelque chose suit un délimiteur") \
	SAME(X, "a part has no Content-Disposition", "une partie n'a pas d'en-tête Content-Disposition") \
	/* settings */ \
	SAME(X, "not a JSON list of texts", "ce n'est pas une liste JSON de textes") \
	SAME(X, "not true or false", "ni «\u00a0true\u00a0» ni «\u00a0false\u00a0»") \
	SAME(X, "not a number with a unit that is known", "ce n'est pas un nombre, suivi ou non d'une unité connue") \
	SAME(X, "required in production", "obligatoire en production") \
	SAME(X, "too weak: make one with 'openssl rand -hex 32'", "trop faible\u00a0; «\u00a0openssl rand -hex 32\u00a0» en fait une bonne") \
	SAME(X, "required for a store in S3", "obligatoire pour un magasin de fichiers S3") \
	SAME(X, "expected https://host[:port][/path] without account or query", "attendu\u00a0: https://hôte[:port][/chemin], sans compte ni requête") \
	SAME(X, "https is required in production, but on this machine", "https est obligatoire en production, sauf sur cette machine même") \
	SAME(X, "letters, digits and -._ only", "lettres, chiffres et -._ seulement") \
	SAME(X, "letters, digits and -._/ only, neither a slash at the beginning nor '..'", "lettres, chiffres et -._/ seulement, ni barre oblique au début ni «\u00a0..\u00a0»") \
	SAME(X, "not the name or address of a host", "ce n'est ni le nom ni l'adresse d'une machine") \
	SAME(X, "needed when SMTP_HOST is set and SMTP_USER is no address", "nécessaire quand SMTP_HOST est défini et que SMTP_USER n'est pas une adresse") \
	SAME(X, "not an e-mail address", "ce n'est pas une adresse électronique") \
	SAME(X, "SMTP_USER and SMTP_PASSWORD go together", "SMTP_USER et SMTP_PASSWORD vont ensemble") \
	SAME(X, "none is for a server on this machine only", "«\u00a0none\u00a0» est réservé à un serveur sur cette machine même") \
	SAME(X, "needed: links that are sent begin with it", "nécessaire\u00a0: les liens envoyés commencent par elle") \
	SAME(X, "not an https address", "ce n'est pas une adresse https") \
	SAME(X, "not an http or https address", "ce n'est pas une adresse http ou https") \
	SAME(X, "not a PostgreSQL URL", "ce n'est pas l'adresse d'une base PostgreSQL") \
	SAME(X, "uploads lie there in clear: put it on a tmpfs, or declare its volume encrypted (NGINX_TEMP_ENCRYPTED)", "les dépôts y sont en clair\u00a0: placez-le sur un tmpfs, ou déclarez son volume chiffré (NGINX_TEMP_ENCRYPTED)") \
	SAME(X, "a request of MAX_REQUEST_SIZE has no room there", "une requête de MAX_REQUEST_SIZE n'y tient pas") \
	SAME(X, "not set", "absent") \
	/* expected values */ \
	SAME(X, "cursor or offset, not both", "cursor ou offset, pas les deux") \
	SAME(X, "two decimals", "deux décimales") \
	/* identifiers */ \
	SAME(X, "it has fourteen digits", "il compte quatorze chiffres") \
	SAME(X, "its check digit is wrong", "sa clé de contrôle est fausse") \
	SAME(X, "its form is that of no member state", "sa forme n'est celle d'aucun État membre") \
	SAME(X, "its key is wrong", "sa clé est fausse") \
	/* why the reader gave up, and at which limit */ \
	X("empty", "it is empty", "il est vide") \
	X("format", "its format is not known", "son format n'est pas connu") \
	X("no_pages", "it has no pages", "il ne contient aucune page") \
	X("pages", "its pages can't be read", "ses pages sont illisibles") \
	X("truncated", "it is damaged or cut short", "il est endommagé ou incomplet") \
	X("page_limit", "it has too many pages", "il compte trop de pages") \
	X("page_failed", "a page can't be read", "une page est illisible") \
	X("hidden_content", "it has hidden sheets, rows or columns", "il a des feuilles, des lignes ou des colonnes masquées") \
	X("structure", "its structure is damaged", "sa structure est endommagée") \
	X("not_pdf", "it is not a PDF", "ce n'est pas un PDF") \
	X("not_text", "it is not a text", "ce n'est pas un texte") \
	X("encrypted", "it is protected by a password", "il est protégé par un mot de passe") \
	X("path", "its path is malformed", "son chemin est mal formé") \
	X("path_absolute", "its path begins outside the archive", "son chemin commence hors de l'archive") \
	X("path_parent", "its path leads out of the archive", "son chemin sort de l'archive") \
	X("name", "its name is too long", "son nom est trop long") \
	X("link", "it is a link, not a file", "c'est un lien et non un fichier") \
	X("archive_depth", "it is an archive within two others", "c'est une archive contenue dans deux autres") \
	X("archive", "its archive is damaged", "son archive est endommagée") \
	X("relationships", "its parts do not lead to a main one", "ses parties ne mènent à aucune partie principale") \
	X("compression", "its compression is not known", "sa compression n'est pas connue") \
	X("xml", "its XML is malformed", "son XML est mal formé") \
	X("xml_depth", "its XML is nested too deeply", "son XML est imbriqué trop profondément") \
	X("xml_doctype", "its XML declares a document type", "son XML déclare un type de document") \
	X("sheets", "its sheets can't be read", "ses feuilles sont illisibles") \
	X("cell", "a cell lies outside the sheet", "une cellule se trouve hors de la feuille") \
	X("entries", "number of files", "nombre de fichiers") \
	X("size", "size of what is compressed in it", "taille trop grande une fois décompressé") \
	X("compression_ratio", "rate of compression", "taux de compression trop élevé") \
	X("table", "size of a table", "taille d'un tableau") \
	X("cells", "number of cells", "nombre de cellules") \
	X("sheet_count", "number of sheets", "nombre de feuilles") \
	X("text", "amount of text", "quantité de texte") \
	X("answer", "length of an answer", "longueur d'une réponse") \
	X("page", "complexity of a page", "complexité d'une page") \
	X("memory", "memory", "mémoire") \
	X("model", "size of what was read", "taille du contenu lu")
/* clang-format on */

#endif
