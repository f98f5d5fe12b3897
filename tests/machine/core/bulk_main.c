/* bulk_main.c: one schedule of one machine, from files: TABLE STATE SCHEDULE MEMORY. What is written
 * is how many steps were taken or how it ends (`play`), a newline, and the state. Each buffer is as
 * long as its file and no longer, so that a sanitizer sees what goes beyond it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulk.h"

static void *whole(const char *path, size_t *size)
{
	FILE *const f = fopen(path, "rb");
	if (!f || fseek(f, 0, SEEK_END))
		exit(2);
	const long n = ftell(f);
	rewind(f);
	void *const bytes = malloc(n > 0 ? (size_t)n : 1);
	if (n < 0 || !bytes || fread(bytes, 1, (size_t)n, f) != (size_t)n)
		exit(2);
	fclose(f);
	*size = (size_t)n;
	return bytes;
}

int main(int argc, char **argv)
{
	size_t table_size, state_size, n;
	if (argc < 6)
		return 2;
	int32_t *const table = whole(argv[1], &table_size);
	uint8_t *const state = whole(argv[2], &state_size);
	uint8_t *const schedule = whole(argv[3], &n);
	const size_t memory = (size_t)strtoul(argv[4], NULL, 10);
	int32_t *const cells = malloc(state_size - memory + 1);
	uint8_t *const bytes = malloc(memory + 1);
	if (!cells || !bytes)
		return 2;
	memcpy(bytes, state, memory);
	memcpy(cells, state + memory, state_size - memory);
	struct bulk m = { table, bytes, cells };
	long long said = (long long)bulk_run(&m, schedule, n);
	if (said >= 0 && strcmp(argv[5], "play") == 0)
		said = bulk_settle(&m);
	printf("%lld\n", said);
	fwrite(bytes, 1, memory, stdout);
	fwrite(cells, 1, state_size - memory, stdout);
	free(bytes);
	free(cells);
	free(schedule);
	free(state);
	free(table);
	return 0;
}
