/* processes.c: the driver's side in one process, the device's in another.
 *
 * processes split|packed BUFFERS SIZE SPINS PATIENCE_MS */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pass.h"

static int tell(const char *who, struct passed p)
{
	printf("%s: %llu buffers, slept %llu times, %s\n", who, (unsigned long long)p.buffers,
	       (unsigned long long)p.sleeps, p.wrong ? p.wrong : "nothing wrong");
	fflush(stdout);
	return p.wrong != NULL;
}

int main(int argc, char **argv)
{
	struct pass pass = { 0 };
	struct timespec from, to;
	int status = 1;
	if (argc != 6)
		return 2;
	uint8_t *const memory = mmap(NULL, PASS_MEM, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pass.buffers = strtoull(argv[2], NULL, 10);
	pass.spins = (unsigned)strtoul(argv[4], NULL, 10);
	pass.patience_ms = atoi(argv[5]);
	if (memory == MAP_FAILED ||
	    !pass_open(&pass, memory, (uint16_t)atoi(argv[3]), strcmp(argv[1], "packed") == 0))
		return 2;
	clock_gettime(CLOCK_MONOTONIC, &from);
	const pid_t child = fork();
	if (child < 0)
		return 2;
	if (child == 0)
		_exit(tell("device", pass_device(&pass)));
	const int wrong = tell("driver", pass_driver(&pass));
	waitpid(child, &status, 0);
	clock_gettime(CLOCK_MONOTONIC, &to);
	const double ns = (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
	printf("%.1f s, %.0f ns a buffer\n", ns / 1e9, ns / (double)pass.buffers);
	return wrong || status;
}
