/* How many passwords this machine can check in a second: as many processes as may hash at once, each checking as fast
 * as it can and nothing else. `bench_scrypt PROCESSES LOG_N SECONDS` prints the checks a second of all of them, and the
 * CPU time of one in microseconds, which tells more on a machine that does other things too. */
#include "clock.h"
#include "passwords.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PASSWORD "MotDePasseSecurise123!"

static int check_until(int64_t end, const char *stored, int out)
{
	long n = 0;
	while (clock_mono_us() < end) {
		struct error e;
		error_clear(&e);
		if (password_check(PASSWORD, strlen(PASSWORD), stored, &e) != ERR_OK)
			return 1;
		n++;
	}
	return write(out, &n, sizeof n) == sizeof n ? 0 : 1;
}

int main(int argc, char **argv)
{
	char stored[PASSWORD_HASH_SIZE];
	struct error e;
	struct rusage used;
	int out[2];
	if (argc != 4 || pipe(out) != 0)
		return EXIT_FAILURE;
	long processes = strtol(argv[1], NULL, 10), seconds = strtol(argv[3], NULL, 10), all = 0, n;
	error_clear(&e);
	if (password_hash(PASSWORD, strlen(PASSWORD), (unsigned)strtol(argv[2], NULL, 10), stored, &e) != ERR_OK)
		return EXIT_FAILURE;
	int64_t start = clock_mono_us();
	for (long i = 0; i < processes; i++)
		if (fork() == 0)
			_exit(check_until(start + seconds * 1000000, stored, out[1]));
	close(out[1]);
	while (read(out[0], &n, sizeof n) == sizeof n)
		all += n;
	while (wait(NULL) > 0)
		continue;
	double elapsed = (double)(clock_mono_us() - start);
	getrusage(RUSAGE_CHILDREN, &used);
	double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
		     (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
	printf("%.2f %.0f\n", (double)all * 1e6 / elapsed, cpu / (double)all);
	return EXIT_SUCCESS;
}
