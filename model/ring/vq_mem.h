/* vq_mem.h: the only place that touches guest bytes: little-endian loads and stores, each exactly once.
 *
 * They are relaxed atomics: the other side may write at any time, and the compiler must neither read
 * twice nor tear a field. Callers have checked that the address is in memory and aligned. */
#ifndef VQ_MEM_H
#define VQ_MEM_H

#include "vq_barrier.h"

enum vq_desc_flag {
	VQ_DESC_NEXT = 1,
	VQ_DESC_WRITE = 2,
	VQ_DESC_INDIRECT = 4,
	VQ_DESC_AVAIL = 1 << 7, /* packed */
	VQ_DESC_USED = 1 << 15, /* packed */
};

/* A descriptor, read. The last field is `next` in a split one, `id` in a packed one. */
struct vq_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next_or_id;
};

#define VQ_DESC_BYTES 16u

static inline uint16_t vq_load16(const uint8_t *at)
{
	return VQ_LE16(atomic_load_explicit((const vq_atomic16 *)(const void *)at, memory_order_relaxed));
}

static inline uint32_t vq_load32(const uint8_t *at)
{
	return VQ_LE32(atomic_load_explicit((const vq_atomic32 *)(const void *)at, memory_order_relaxed));
}

static inline uint64_t vq_load64(const uint8_t *at)
{
	return VQ_LE64(atomic_load_explicit((const vq_atomic64 *)(const void *)at, memory_order_relaxed));
}

static inline void vq_store16(uint8_t *at, uint16_t value)
{
	atomic_store_explicit((vq_atomic16 *)(void *)at, VQ_LE16(value), memory_order_relaxed);
}

static inline void vq_store32(uint8_t *at, uint32_t value)
{
	atomic_store_explicit((vq_atomic32 *)(void *)at, VQ_LE32(value), memory_order_relaxed);
}

static inline void vq_store64(uint8_t *at, uint64_t value)
{
	atomic_store_explicit((vq_atomic64 *)(void *)at, VQ_LE64(value), memory_order_relaxed);
}

/* Eight bytes that need not be aligned: an indirect table may lie anywhere. */
static inline uint64_t vq_load64_unaligned(const uint8_t *at)
{
	uint64_t value = 0;
	for (unsigned i = 0; i < 8; i++) {
		const uint64_t byte =
			atomic_load_explicit((const vq_atomic8 *)(at + i), memory_order_relaxed);
		value |= byte << (8 * i);
	}
	return value;
}

/* The second half of a descriptor is {len, flags, next} when split, {len, id, flags} when packed. */
static inline struct vq_desc vq_split_desc(uint64_t addr, uint64_t rest)
{
	return (struct vq_desc){ addr, (uint32_t)rest, (uint16_t)(rest >> 32), (uint16_t)(rest >> 48) };
}

static inline struct vq_desc vq_packed_desc(uint64_t addr, uint64_t rest)
{
	return (struct vq_desc){ addr, (uint32_t)rest, (uint16_t)(rest >> 48), (uint16_t)(rest >> 32) };
}

static inline struct vq_desc vq_load_split(const uint8_t *at)
{
	return vq_split_desc(vq_load64(at), vq_load64(at + 8));
}

static inline struct vq_desc vq_load_packed(const uint8_t *at)
{
	return vq_packed_desc(vq_load64(at), vq_load64(at + 8));
}

static inline void vq_store_split(uint8_t *at, struct vq_desc d)
{
	vq_store64(at, d.addr);
	vq_store64(at + 8, (uint64_t)d.next_or_id << 48 | (uint64_t)d.flags << 32 | d.len);
}

static inline void vq_store_packed(uint8_t *at, struct vq_desc d)
{
	vq_store64(at, d.addr);
	vq_store64(at + 8, (uint64_t)d.flags << 48 | (uint64_t)d.next_or_id << 32 | d.len);
}

#endif
