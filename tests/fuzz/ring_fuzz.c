/* ring_fuzz.c: a program of ring operations from a fuzzer's bytes; for libFuzzer and for AFL++.
 *
 * Besides what sanitizers see: a program means the same twice, whatever its sides kept before, and its
 * events fit. Nothing is allocated for an input, and only guest memory is cleared: hostile descriptors
 * point anywhere in it. */
#include <stdlib.h>
#include <string.h>

#include "vq_run.h"

enum { LONGEST = 4096, ROOM = VQ_EVENT_BYTES * LONGEST };

/* Each exactly as large as said: AddressSanitizer sees the first byte beyond. */
static struct rig {
	struct vq_run run; /* as the program before left it: nothing may depend on that */
	uint8_t memory[VQ_RUN_MEM] __attribute__((aligned(64)));
} first;
static uint8_t first_room[ROOM];

/* The events of a program, at the end of their room: those that do not fit are beyond it. */
static const uint8_t *once(struct rig *rig, uint8_t *room, const uint8_t *data, size_t size,
			   struct vq_run_result *result)
{
	const struct vq_mem mem = { rig->memory, VQ_RUN_GPA, VQ_RUN_MEM };
	uint8_t *const events = room + ROOM - VQ_EVENT_BYTES * size;
	memset(rig->memory, 0, sizeof rig->memory);
	if (vq_run(&rig->run, mem, data, size, events, result) || result->events > size)
		abort();
	return events;
}

#ifdef COUNT
#include <stdio.h>
static uint64_t operations;
__attribute__((destructor)) static void tell(void)
{
	fprintf(stderr, "operations: %lu\n", (unsigned long)operations);
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vq_run_result result;
	if (size > LONGEST)
		return 0;
	const uint8_t *const events = once(&first, first_room, data, size, &result);
	(void)events;
#ifdef COUNT
	operations += result.events;
#endif
#ifdef TWICE
	static struct rig second;
	static uint8_t second_room[ROOM];
	struct vq_run_result other;
	memset(&second.run, 0xa5, sizeof second.run);
	const uint8_t *const again = once(&second, second_room, data, size, &other);
	if (other.events != result.events || memcmp(events, again, VQ_EVENT_BYTES * result.events) != 0)
		abort();
#endif
	return 0;
}

#ifdef AFL
#include <unistd.h>
__AFL_FUZZ_INIT();

int main(void)
{
	__AFL_INIT();
	const unsigned char *const data = __AFL_FUZZ_TESTCASE_BUF;
	while (__AFL_LOOP(10000)) {
		const size_t size = (size_t)__AFL_FUZZ_TESTCASE_LEN;
		(void)LLVMFuzzerTestOneInput(data, size);
	}
	return 0;
}
#endif
