/* The advisory lock under which files wait for their removal while a backup is made. A backup holds it alone from
 * before its moment of sight until its files are copied; whoever removes files shares it. It goes with a connection, so
 * that a backup that dies holds nothing up. */
#ifndef DB_BACKUP_LOCK_H
#define DB_BACKUP_LOCK_H

#define DB_BACKUP_LOCK "5283, 1"

#endif
