/* corpus.c: programs and what reference.py made of them, against vq_run().
 *
 * A file of records: u32 length of the program, u32 length of the answer, the program, the answer (its
 * events), and the guest memory that is left. Written by tests/ring/corpus.py. */
#include "check.h"
#include "vq_run.h"

static int number(FILE *file, uint32_t *x)
{
	uint8_t b[4];
	if (fread(b, 1, 4, file) != 4)
		return 0;
	*x = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
	return 1;
}

static uint8_t *bytes(FILE *file, size_t n)
{
	uint8_t *const b = aligned_alloc(64, (n + 64) / 64 * 64);
	if (fread(b, 1, n, file) != n)
		exit(2);
	return b;
}

static void one(FILE *file, struct vq_run *run, uint32_t program_len, uint32_t answer_len)
{
	uint8_t *const program = bytes(file, program_len), *const answer = bytes(file, answer_len);
	uint8_t *const left = bytes(file, VQ_RUN_MEM);
	uint8_t *const memory = aligned_alloc(64, VQ_RUN_MEM);
	uint8_t *const events = malloc(VQ_EVENT_BYTES * (program_len + 1));
	struct vq_run_result result = { 0, 0, 0 };
	memset(memory, 0, VQ_RUN_MEM);
	const struct vq_mem mem = { memory, VQ_RUN_GPA, VQ_RUN_MEM };
	IS(vq_run(run, mem, program, program_len, events, &result), 0);
	IS(result.events * VQ_EVENT_BYTES, answer_len);
	IS(memcmp(events, answer, answer_len), 0);
	IS(memcmp(memory, left, VQ_RUN_MEM), 0);
	free(program);
	free(answer);
	free(left);
	free(memory);
	free(events);
}

int test_corpus(const char *path)
{
	static struct vq_run run;
	FILE *const file = fopen(path, "rb");
	uint32_t program_len = 0, answer_len = 0;
	if (!file)
		return 1;
	while (number(file, &program_len) && number(file, &answer_len))
		one(file, &run, program_len, answer_len);
	fclose(file);
	return 0;
}
