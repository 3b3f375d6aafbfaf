#include "terminal.h"

#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

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
