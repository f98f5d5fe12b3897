/* ring.c: loops for `python -m benchmarks.ring`: each prints its nanoseconds for one unit, best of several.
 *
 * ring CASE [FILE]: cases bare, split, split-event, packed, packed-event (full cycle of a buffer, batch
 * by suffix -32 or -1), programs (random ones of 64 operations), file (a program from a file). */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "vq_mem.h"
#include "vq_run.h"

enum { SIZE = 256, ROUNDS = 25 };

static uint8_t memory[1 << 20] __attribute__((aligned(64)));

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* others may have the core meanwhile */
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The bare ring: a split queue that trusts everybody and suppresses nothing. */
struct bare {
	struct vq_bare_desc { uint64_t addr; uint32_t len; uint16_t flags, next; } desc[SIZE];
	_Atomic uint16_t avail_idx, used_idx;
	uint16_t avail[SIZE];
	struct { uint32_t id, len; } used[SIZE];
	uint64_t token[SIZE];
	uint16_t next_free, added, popped, pushed, taken;
};

#define CALLED __attribute__((noinline)) static /* as in a library: a call an operation */

CALLED void bare_add(struct bare *b, uint64_t addr, uint32_t len, uint64_t token)
{
	const uint16_t id = b->next_free++ % SIZE;
	b->desc[id] = (struct vq_bare_desc){ addr, len, 0, 0 };
	b->token[id] = token;
	b->avail[b->added++ % SIZE] = id;
}

CALLED int bare_pop(struct bare *b, uint16_t *head, struct vq_seg *seg)
{
	if (b->popped == atomic_load_explicit(&b->avail_idx, memory_order_acquire))
		return 0;
	*head = b->avail[b->popped++ % SIZE];
	*seg = (struct vq_seg){ b->desc[*head].addr, b->desc[*head].len };
	return 1;
}

CALLED void bare_push(struct bare *b, uint16_t head, uint32_t len)
{
	b->used[b->pushed % SIZE].id = head;
	b->used[b->pushed++ % SIZE].len = len;
}

CALLED int bare_get(struct bare *b, uint64_t *token)
{
	if (b->taken == atomic_load_explicit(&b->used_idx, memory_order_acquire))
		return 0;
	*token = b->token[b->used[b->taken++ % SIZE].id];
	return 1;
}

static uint64_t bare_cycles(unsigned batch, unsigned cycles)
{
	static struct bare b;
	struct vq_seg seg;
	uint64_t token;
	uint64_t sum = 0;
	uint16_t heads[64];
	for (unsigned n = 0; n < cycles; n += batch) {
		for (unsigned i = 0; i < batch; i++)
			bare_add(&b, 4096 + 64 * i, 64, i);
		atomic_store_explicit(&b.avail_idx, b.added, memory_order_release);
		unsigned held = 0;
		while (bare_pop(&b, &heads[held], &seg)) {
			sum += seg.addr + seg.len;
			held++;
		}
		for (unsigned i = 0; i < held; i++)
			bare_push(&b, heads[i], 0);
		atomic_store_explicit(&b.used_idx, b.pushed, memory_order_release);
		while (bare_get(&b, &token))
			sum += token;
	}
	return sum;
}

static struct vq_driver drv;
static struct vq_device dev;
static struct vq_slot drv_slots[SIZE], dev_slots[SIZE];

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

/* The whole cycle, everything checked; with EVENT_IDX both sides enable before they look. */
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

static uint64_t random_bits(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static struct vq_run run;
static uint8_t events[VQ_EVENT_BYTES * 65536];

/* 64 random operations on a queue of 16 entries, or 5; only single ones, no resets and no mistakes. */
static size_t random_program(uint8_t *program, uint64_t *state)
{
	static const uint8_t operands[VQ_OPS] = { [VQ_OP_ADD] = 2, [VQ_OP_ADD_INDIRECT] = 2,
						  [VQ_OP_ENABLE_AFTER] = 1, [VQ_OP_PUSH] = 2,
						  [VQ_OP_PUSH_RAW] = 3 };
	uint8_t *at = program;
	*at++ = (uint8_t)random_bits(state);
	*at++ = 4;
	*at++ = 0;
	for (int i = 0; i < 64; i++) {
		const uint64_t bits = random_bits(state);
		const uint8_t op = (uint8_t)(VQ_OP_ADD + bits % (VQ_OP_DISABLE_AVAIL - VQ_OP_ADD + 1));
		*at++ = op;
		for (unsigned k = 0; k < operands[op]; k++)
			*at++ = (uint8_t)(bits >> (8 + 8 * k) & 0x1b);
	}
	return (size_t)(at - program);
}

/* Made, run and forgotten: as many programs. */
static uint64_t programs(unsigned count)
{
	uint64_t state = 88172645463325252u, sum = 0;
	const struct vq_mem mem = { memory, VQ_RUN_GPA, VQ_RUN_MEM };
	struct vq_run_result result;
	uint8_t program[512];
	for (unsigned n = 0; n < count; n++) {
		const size_t len = random_program(program, &state);
		if (vq_run(&run, mem, program, len, events, &result))
			abort();
		sum += result.events;
	}
	return sum;
}

static double best(uint64_t (*loop)(unsigned, unsigned), unsigned batch, unsigned cycles)
{
	double least = 1e18;
	for (int i = 0; i < ROUNDS; i++) {
		const double from = now();
		volatile uint64_t sum = loop(batch, cycles);
		(void)sum;
		const double ns = (now() - from) / cycles;
		least = ns < least ? ns : least;
	}
	return least;
}

static uint64_t programs_loop(unsigned batch, unsigned count)
{
	(void)batch;
	return programs(count);
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

static double cycles(const char *kind, unsigned batch)
{
	enum { CYCLES = 1 << 16 };
	if (strcmp(kind, "bare") == 0)
		return best(bare_cycles, batch, CYCLES);
	open_queue((uint16_t)((strncmp(kind, "packed", 6) == 0 ? VQ_F_PACKED : 0) |
			      (strstr(kind, "event") ? VQ_F_EVENT_IDX : 0)));
	return best(ring_cycles, batch, CYCLES);
}

int main(int argc, char **argv)
{
	static const char *const kinds[] = { "bare", "split", "split-event", "packed", "packed-event" };
	if (argc == 2) {
		FILE *const file = fopen(argv[1], "rb");
		file_len = file ? fread(file_program, 1, sizeof file_program, file) : 0;
		printf("file %.1f\n", best(file_loop, 0, 100));
		return 0;
	}
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		printf("%s-32 %.2f\n", kinds[i], cycles(kinds[i], 32));
		printf("%s-1 %.2f\n", kinds[i], cycles(kinds[i], 1));
	}
	const unsigned count = 4000;
	printf("events %.1f\n", (double)programs(count) / count);
	printf("programs %.1f\n", best(programs_loop, 0, count));
	return 0;
}
