/* threads.c: the driver's side in one thread, the device's in another, for ThreadSanitizer.
 *
 * threads split|packed BUFFERS SIZE SPINS PATIENCE_MS */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pass.h"

static struct passed device_side;

static void *device(void *pass)
{
	device_side = pass_device(pass);
	return NULL;
}

int main(int argc, char **argv)
{
	struct pass pass = { 0 };
	pthread_t thread;
	if (argc != 6)
		return 2;
	uint8_t *const memory = aligned_alloc(64, PASS_MEM);
	pass.buffers = strtoull(argv[2], NULL, 10);
	pass.spins = (unsigned)strtoul(argv[4], NULL, 10);
	pass.patience_ms = atoi(argv[5]);
	if (!pass_open(&pass, memory, (uint16_t)atoi(argv[3]), strcmp(argv[1], "packed") == 0))
		return 2;
	if (pthread_create(&thread, NULL, device, &pass))
		return 2;
	const struct passed driver_side = pass_driver(&pass);
	pthread_join(thread, NULL);
	free(memory);
	const char *const wrong = driver_side.wrong ? driver_side.wrong : device_side.wrong;
	printf("%llu buffers, %s\n", (unsigned long long)driver_side.buffers, wrong ? wrong : "nothing wrong");
	return wrong != NULL;
}
