/* bare.h: the ring that the benchmarks compare with: split, trusts everybody, suppresses nothing.
 *
 * No check, no error, one descriptor a buffer: what the two sides have to write and read, and no more. */
#ifndef BARE_H
#define BARE_H

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "vq_run.h"

enum { BARE_SIZE = 256 };

struct bare {
	struct { uint64_t addr; uint32_t len; uint16_t flags, next; } desc[BARE_SIZE];
	_Atomic uint16_t avail_idx, used_idx;
	uint16_t avail[BARE_SIZE];
	struct { uint32_t id, len; } used[BARE_SIZE];
	uint64_t token[BARE_SIZE];
	uint16_t mask, next_free, added, popped, pushed, taken;
	uint64_t operations; /* of all programs */
};

#define BARE_CALLED __attribute__((noinline, unused)) static /* as in a library: a call an operation */

static inline void bare_init(struct bare *b, uint16_t size)
{
	atomic_store_explicit(&b->avail_idx, 0, memory_order_relaxed);
	atomic_store_explicit(&b->used_idx, 0, memory_order_relaxed);
	memset(b->desc, 0, size * sizeof b->desc[0]);
	memset(b->avail, 0, size * sizeof b->avail[0]);
	memset(b->used, 0, size * sizeof b->used[0]);
	b->mask = (uint16_t)(size - 1);
	b->next_free = b->added = b->popped = b->pushed = b->taken = 0;
}

BARE_CALLED void bare_add(struct bare *b, uint64_t addr, uint32_t len, uint64_t token)
{
	const uint16_t id = b->next_free++ & b->mask;
	b->desc[id].addr = addr;
	b->desc[id].len = len;
	b->desc[id].flags = b->desc[id].next = 0;
	b->token[id] = token;
	b->avail[b->added++ & b->mask] = id;
}

static inline void bare_publish(struct bare *b)
{
	atomic_store_explicit(&b->avail_idx, b->added, memory_order_release);
}

BARE_CALLED int bare_pop(struct bare *b, uint16_t *head, struct vq_seg *seg)
{
	if (b->popped == atomic_load_explicit(&b->avail_idx, memory_order_acquire))
		return 0;
	*head = b->avail[b->popped++ & b->mask];
	*seg = (struct vq_seg){ b->desc[*head].addr, b->desc[*head].len };
	return 1;
}

BARE_CALLED void bare_push(struct bare *b, uint16_t head, uint32_t len)
{
	b->used[b->pushed & b->mask].id = head;
	b->used[b->pushed++ & b->mask].len = len;
}

static inline void bare_show(struct bare *b)
{
	atomic_store_explicit(&b->used_idx, b->pushed, memory_order_release);
}

BARE_CALLED int bare_get(struct bare *b, uint64_t *token)
{
	if (b->taken == atomic_load_explicit(&b->used_idx, memory_order_acquire))
		return 0;
	*token = b->token[b->used[b->taken++ & b->mask].id];
	return 1;
}

/* How many bytes follow an operation of a program (vq_run.h). */
static const uint8_t operand_bytes[VQ_OPS] = {
	[VQ_OP_ADD] = 2, [VQ_OP_ADD_INDIRECT] = 2, [VQ_OP_ENABLE_AFTER] = 1, [VQ_OP_PUSH] = 2,
	[VQ_OP_PUSH_RAW] = 3, [VQ_OP_CYCLE] = 1, [VQ_OP_POKE] = 5,
};

/* A program of vq_run.h on the bare ring: what is there of its operations, and no events. A digest. */
__attribute__((unused)) static uint64_t bare_run(struct bare *b, const uint8_t *program, size_t len)
{
	struct vq_seg seg = { 0, 0 };
	uint64_t sum = 0, token = 0;
	uint16_t held[BARE_SIZE], n_held = 0;
	bare_init(b, 16);
	for (size_t at = 3; at < len;) {
		const uint8_t op = program[at++] % VQ_OPS;
		const uint8_t first = at < len ? program[at] : 0;
		at += operand_bytes[op];
		b->operations += op != VQ_OP_NOP;
		switch (op) {
		case VQ_OP_ADD:
		case VQ_OP_ADD_INDIRECT: bare_add(b, VQ_RUN_DATA, 1 + first, at); break;
		case VQ_OP_PUBLISH:
		case VQ_OP_NOTIFY: bare_publish(b); break;
		case VQ_OP_GET_USED: sum += bare_get(b, &token) ? token : 0; break;
		case VQ_OP_POP:
			if (n_held < BARE_SIZE && bare_pop(b, &held[n_held], &seg)) {
				sum += seg.addr + seg.len;
				n_held++;
			}
			break;
		case VQ_OP_PUSH:
		case VQ_OP_PUSH_RAW:
			if (n_held)
				bare_push(b, held[--n_held], first);
			break;
		case VQ_OP_SHOW:
		case VQ_OP_CALL: bare_show(b); break;
		default: break;
		}
	}
	return sum;
}

/* Programs of 64 random operations; only single ones, no resets and no mistakes. At most this long. */
enum { PROGRAM_OPS = 64, PROGRAM_BYTES = 3 + 4 * PROGRAM_OPS };

static inline uint64_t random_bits(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

__attribute__((unused)) static size_t random_program(uint8_t *program, uint8_t features, uint8_t size,
						     uint64_t *state)
{
	uint8_t *at = program;
	*at++ = features;
	*at++ = size;
	*at++ = 0;
	for (int i = 0; i < PROGRAM_OPS; i++) {
		const uint64_t bits = random_bits(state);
		const uint8_t op = (uint8_t)(VQ_OP_ADD + bits % (VQ_OP_DISABLE_AVAIL - VQ_OP_ADD + 1));
		*at++ = op;
		for (unsigned k = 0; k < operand_bytes[op]; k++)
			*at++ = (uint8_t)(bits >> (8 + 8 * k) & 0x1b);
	}
	return (size_t)(at - program);
}

#endif
