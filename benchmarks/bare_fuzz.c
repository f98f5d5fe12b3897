/* bare_fuzz.c: the programs of tests/fuzz/ring_fuzz.c on the bare ring: what libFuzzer itself costs. */
#include <stdio.h>

#include "bare.h"

static struct bare bare;
static volatile uint64_t sum;

__attribute__((destructor)) static void tell(void)
{
	fprintf(stderr, "operations: %lu\n", (unsigned long)bare.operations);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	sum += bare_run(&bare, data, size);
	return 0;
}
