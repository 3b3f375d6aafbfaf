/* Named places at which a test lets a process die, to see that nothing acknowledged is lost there. Only programs that
 * are built for tests (SCORPIUS_FAIL_POINTS) have them; everywhere else they are nothing. Such a program is never
 * installed and refuses APP_ENV=production.
 *
 * The test writes a point's name into the file that FAIL_POINT_FILE names. The first process that comes there removes
 * the file, logs "fail point" with the name, and kills itself with SIGKILL. */
#ifndef BASE_FAIL_POINT_H
#define BASE_FAIL_POINT_H

#ifdef SCORPIUS_FAIL_POINTS
void fail_point(const char *name);
#else
static inline void fail_point(const char *name)
{
	(void)name;
}
#endif

#endif
