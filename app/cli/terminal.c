#include "terminal.h"

#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "crypto.h"
#include "text.h"

#define ACCOUNT_LINE 1024

bool terminal_read_line(FILE *from, char *out, size_t size)
{
	if (!fgets(out, (int)size, from))
		return false;
	size_t n = strcspn(out, "\n");
	bool whole = out[n] == '\n' || feof(from);
	out[n] = '\0';
	return whole;
}

bool terminal_ask(const char *prompt, bool hidden, char *out, size_t size)
{
	struct termios shown, quiet;
	sigset_t interrupts, before;
	if (tcgetattr(STDIN_FILENO, &shown) != 0)
		return false;
	fputs(prompt, stderr);
	fflush(stderr);
	if (!hidden)
		return terminal_read_line(stdin, out, size);
	/* Who interrupts us here must not be left with a terminal that shows nothing. */
	sigemptyset(&interrupts);
	sigaddset(&interrupts, SIGINT);
	sigaddset(&interrupts, SIGTERM);
	sigaddset(&interrupts, SIGTSTP);
	sigprocmask(SIG_BLOCK, &interrupts, &before);
	quiet = shown;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	bool ok = terminal_read_line(stdin, out, size);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	fputc('\n', stderr);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ok;
}

enum result terminal_read_account(TALLOC_CTX *mem, FILE *from, const char **user, const char **secret, struct error *e)
{
	char lines[3][ACCOUNT_LINE];
	size_t n = 0;
	while (n < 3 && terminal_read_line(from, lines[n], ACCOUNT_LINE))
		n++;
	bool ok = (n == 1 || n == 2) && feof(from);
	for (size_t i = 0; ok && i < n; i++)
		ok = lines[i][0] != '\0' && text_utf8_valid(lines[i], strlen(lines[i]));
	if (ok && n == 2)
		*user = mem_strdup(mem, lines[0]);
	if (ok)
		*secret = mem_strdup(mem, lines[n - 1]);
	crypto_wipe(lines, sizeof lines);
	if (ok)
		return ERR_OK;
	return error_set(e, ERR_USAGE, NULL, "usage",
	    "--account-stdin\u00a0: une ligne, le secret, ou deux, le compte puis son secret");
}
