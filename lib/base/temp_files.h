/* nginx's temporary files, which hold uploads in clear. */
#ifndef BASE_TEMP_FILES_H
#define BASE_TEMP_FILES_H

#include "settings.h"

/* What is wrong with the folder NGINX_TEMP_PATH, as the reason of an INVALID_SETTING; NULL: nothing, or no folder is
 * named. Asks the file system only. */
const char *temp_files_wrong(const struct settings *s);

#endif
