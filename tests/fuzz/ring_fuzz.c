/* ring_fuzz.c: a program of ring operations from a fuzzer's bytes; for libFuzzer and for AFL++.
 *
 * Besides what sanitizers see: a program means the same twice, and its events fit. */
#include <stdlib.h>
#include <string.h>

#include "vq_run.h"

static int once(uint8_t *memory, const uint8_t *data, size_t size, uint8_t *events, struct vq_run_result *result)
{
	static struct vq_run run;
	memset(&run, 0, sizeof run);
	memset(memory, 0, VQ_RUN_MEM);
	const struct vq_mem mem = { memory, VQ_RUN_GPA, VQ_RUN_MEM };
	return vq_run(&run, mem, data, size, events, result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vq_run_result result;
	/* On the heap and no larger than said: AddressSanitizer sees the first byte beyond. */
	uint8_t *const memory = aligned_alloc(64, VQ_RUN_MEM);
	uint8_t *const events = malloc(VQ_EVENT_BYTES * size + 1);
	if (!memory || !events || once(memory, data, size, events, &result) || result.events > size)
		abort();
#ifdef TWICE
	struct vq_run_result other;
	uint8_t *const again = malloc(VQ_EVENT_BYTES * size + 1);
	if (!again || once(memory, data, size, again, &other) || other.events != result.events ||
	    memcmp(events, again, VQ_EVENT_BYTES * result.events) != 0)
		abort();
	free(again);
#endif
	free(events);
	free(memory);
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
