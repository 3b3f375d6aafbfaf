/* The least a FastCGI program can do behind nginx: what /live and /health are measured against. It answers a request
 * with a small JSON body and touches nothing else. Stops like our workers do: SIGTERM and SIGUSR1 are libfcgi's. */
#include <fcgiapp.h>
#include <stdlib.h>

int main(void)
{
	FCGX_Request rq;

	if (FCGX_Init() != 0 || FCGX_InitRequest(&rq, 0, 0) != 0)
		return EXIT_FAILURE;
	while (FCGX_Accept_r(&rq) == 0) {
		FCGX_PutS("Content-Type: application/json\r\n\r\n{\"alive\":true}", rq.out);
		FCGX_Finish_r(&rq);
	}
	return EXIT_SUCCESS;
}
