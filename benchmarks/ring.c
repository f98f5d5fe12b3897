/* ring.c: the loops of `python -m benchmarks.ring`: prints a name and its nanoseconds for one unit a line.
 *
 * ring [FILE]: without a file, full cycles of a buffer (bare, split, packed, with EVENT_IDX; in batches of
 * 32 and of 1) and random programs (64 operations each); with one, the program in it. The cases take
 * turns in short rounds, and the best of each counts: what else the machine does hits all of them. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bare.h"
#include "vq_mem.h"
#include "vq_run.h"

enum { SIZE = 256, ROUNDS = 400, CYCLES = 1 << 12, PROGRAMS = 100 };

static uint8_t memory[1 << 20] __attribute__((aligned(64)));

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* others may have the core meanwhile */
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* -- full cycles of a buffer -- */

static struct bare bare __attribute__((aligned(64)));

static uint64_t bare_cycles(unsigned batch, unsigned cycles)
{
	struct vq_seg seg;
	uint64_t token;
	uint64_t sum = 0;
	uint16_t heads[64];
	for (unsigned n = 0; n < cycles; n += batch) {
		for (unsigned i = 0; i < batch; i++)
			bare_add(&bare, 4096 + 64 * i, 64, i);
		bare_publish(&bare);
		unsigned held = 0;
		while (bare_pop(&bare, &heads[held], &seg)) {
			sum += seg.addr + seg.len;
			held++;
		}
		for (unsigned i = 0; i < held; i++)
			bare_push(&bare, heads[i], 0);
		bare_show(&bare);
		while (bare_get(&bare, &token))
			sum += token;
	}
	return sum;
}

/* On cache lines of their own: a ratio should not hang on where the linker puts things. */
static struct vq_driver drv __attribute__((aligned(64)));
static struct vq_device dev __attribute__((aligned(64)));
static struct vq_slot drv_slots[SIZE] __attribute__((aligned(64)));
static struct vq_slot dev_slots[SIZE] __attribute__((aligned(64)));

static void open_queue(uint16_t features)
{
	size_t bytes[3];
	struct vq_layout at = { .desc = 0x10000, .size = SIZE, .features = features };
	if (vq_area_bytes(SIZE, features, bytes))
		abort();
	at.driver = at.desc + bytes[0];
	at.device = (at.driver + bytes[1] + 3) & ~UINT64_C(3);
	const struct vq_mem mem = { memory, 0x10000, sizeof memory };
	if (vq_driver_init(&drv, mem, at, drv_slots) || vq_device_init(&dev, mem, at, dev_slots))
		abort();
}

/* The whole cycle, everything checked. Each batch decides on its notifications; nobody enables them anew. */
static uint64_t ring_cycles(unsigned batch, unsigned cycles)
{
	uint64_t sum = 0;
	struct vq_seg segs[4];
	struct vq_chain chain = { .segs = segs, .capacity = 4 };
	uint16_t held[64];
	struct vq_used used;
	for (unsigned n = 0; n < cycles; n += batch) {
		for (unsigned i = 0; i < batch; i++) {
			const struct vq_seg seg = { 0x20000 + 64 * i, 64 };
			if (vq_driver_add(&drv, &seg, 1, 0, i) < 0)
				abort();
		}
		sum += (uint64_t)vq_driver_notify(&drv);
		unsigned count = 0;
		while (vq_device_pop(&dev, &chain) == 1) {
			sum += segs[0].addr + segs[0].len;
			held[count++] = chain.handle;
		}
		for (unsigned i = 0; i < count; i++)
			if (vq_device_push(&dev, held[i], 0))
				abort();
		sum += (uint64_t)vq_device_notify(&dev);
		while (vq_driver_get_used(&drv, &used) == 1)
			sum += used.token;
	}
	return sum;
}

/* -- programs -- */

static struct vq_run run;
static uint8_t events[VQ_EVENT_BYTES * 65536];
static uint64_t state = 88172645463325252u;

/* A queue of 16 entries, or with some features of 5. */
static size_t any_program(uint8_t *program)
{
	const uint8_t features = (uint8_t)random_bits(&state);
	return random_program(program, features, 4, &state);
}

static uint64_t made_programs(unsigned batch, unsigned count)
{
	uint64_t sum = 0;
	uint8_t program[PROGRAM_BYTES];
	(void)batch;
	for (unsigned n = 0; n < count; n++) {
		sum += any_program(program);
		sum += program[n % 64]; /* else they would not have to be written */
	}
	return sum;
}

static uint64_t bare_programs(unsigned batch, unsigned count)
{
	uint64_t sum = 0;
	uint8_t program[PROGRAM_BYTES];
	(void)batch;
	for (unsigned n = 0; n < count; n++)
		sum += bare_run(&bare, program, any_program(program));
	return sum;
}

/* Made, run and forgotten: as many programs. */
static uint64_t programs(unsigned batch, unsigned count)
{
	uint64_t sum = 0;
	const struct vq_mem mem = { memory, VQ_RUN_GPA, VQ_RUN_MEM };
	struct vq_run_result result;
	uint8_t program[PROGRAM_BYTES];
	(void)batch;
	for (unsigned n = 0; n < count; n++) {
		if (vq_run(&run, mem, program, any_program(program), events, &result))
			abort();
		sum += result.events;
	}
	return sum;
}

static uint8_t file_program[65536];
static size_t file_len;

static uint64_t file_loop(unsigned batch, unsigned count)
{
	const struct vq_mem mem = { memory, VQ_RUN_GPA, VQ_RUN_MEM };
	struct vq_run_result result = { 0, 0, 0 };
	(void)batch;
	for (unsigned n = 0; n < count; n++)
		if (vq_run(&run, mem, file_program, file_len, events, &result))
			abort();
	return result.events;
}

/* -- who is measured -- */

struct contest {
	const char *name;
	uint64_t (*loop)(unsigned batch, unsigned units);
	unsigned batch, units, features;
	double best;
};

static void measure(struct contest *cases, size_t n, unsigned rounds)
{
	for (size_t i = 0; i < n; i++)
		cases[i].best = 1e18;
	for (unsigned r = 0; r < rounds; r++) {
		for (struct contest *c = cases; c < cases + n; c++) {
			bare_init(&bare, SIZE);
			open_queue((uint16_t)c->features);
			const double from = now();
			volatile uint64_t sum = c->loop(c->batch, c->units);
			(void)sum;
			const double ns = (now() - from) / c->units;
			c->best = ns < c->best ? ns : c->best;
		}
	}
	for (size_t i = 0; i < n; i++)
		printf("%s %.2f\n", cases[i].name, cases[i].best);
}

int main(int argc, char **argv)
{
	enum { PACKED = VQ_F_PACKED, EVENT = VQ_F_EVENT_IDX };
	struct contest file[] = { { "file", file_loop, 0, 20, 0, 0 } };
	struct contest all[] = {
		{ "bare-32", bare_cycles, 32, CYCLES, 0, 0 },
		{ "split-32", ring_cycles, 32, CYCLES, 0, 0 },
		{ "split-event-32", ring_cycles, 32, CYCLES, EVENT, 0 },
		{ "packed-32", ring_cycles, 32, CYCLES, PACKED, 0 },
		{ "packed-event-32", ring_cycles, 32, CYCLES, PACKED | EVENT, 0 },
		{ "bare-1", bare_cycles, 1, CYCLES, 0, 0 },
		{ "split-1", ring_cycles, 1, CYCLES, 0, 0 },
		{ "split-event-1", ring_cycles, 1, CYCLES, EVENT, 0 },
		{ "packed-1", ring_cycles, 1, CYCLES, PACKED, 0 },
		{ "packed-event-1", ring_cycles, 1, CYCLES, PACKED | EVENT, 0 },
		{ "making", made_programs, 0, PROGRAMS, 0, 0 },
		{ "bare-programs", bare_programs, 0, PROGRAMS, 0, 0 },
		{ "programs", programs, 0, PROGRAMS, 0, 0 },
	};
	if (argc == 2) {
		FILE *const from = fopen(argv[1], "rb");
		file_len = from ? fread(file_program, 1, sizeof file_program, from) : 0;
		measure(file, 1, 100);
		return file_len == 0;
	}
	measure(all, sizeof all / sizeof *all, ROUNDS);
	return 0;
}
