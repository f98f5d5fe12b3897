/* vq_barrier.h: the orders between the two sides, in C11 atomics; each names its partner.
 *
 * Publish and consume are a release store and an acquire load of the same field rather than fences, so
 * that ThreadSanitizer can follow them. */
#ifndef VQ_BARRIER_H
#define VQ_BARRIER_H

#include <stdatomic.h>
#include <stdint.h>

/* Guest bytes have no type of their own: these may alias anything. */
typedef _Atomic(uint8_t) vq_atomic8 __attribute__((may_alias));
typedef _Atomic(uint16_t) vq_atomic16 __attribute__((may_alias));
typedef _Atomic(uint32_t) vq_atomic32 __attribute__((may_alias));
typedef _Atomic(uint64_t) vq_atomic64 __attribute__((may_alias));

_Static_assert(sizeof(vq_atomic16) == 2 && sizeof(vq_atomic32) == 4 && sizeof(vq_atomic64) == 8,
	       "an atomic field must be as wide as on the wire");

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define VQ_LE16(x) __builtin_bswap16(x)
#define VQ_LE32(x) __builtin_bswap32(x)
#define VQ_LE64(x) __builtin_bswap64(x)
#else
#define VQ_LE16(x) (x)
#define VQ_LE32(x) (x)
#define VQ_LE64(x) (x)
#endif

/* Everything before is visible to whoever reads this value by vq_acquire16(). Its uses: avail.idx and
 * the flags of an available descriptor (2.7.13.3.1, 2.8.21.1), used.idx and the flags of a used one. */
static inline void vq_release16(uint8_t *at, uint16_t value)
{
	atomic_store_explicit((vq_atomic16 *)(void *)at, VQ_LE16(value), memory_order_release);
}

/* What was written before the value's vq_release16() is read as it was then, or newer. */
static inline uint16_t vq_acquire16(const uint8_t *at)
{
	return VQ_LE16(atomic_load_explicit((const vq_atomic16 *)(const void *)at, memory_order_acquire));
}

/* Between a store of this side and a load of what the other side stores. It stands in pairs, one on
 * each side, and at least one side then sees the other's store (2.7.13.4.1, 2.8.21.3.1, 2.7.14):
 *   vq_*_notify():    the index or flags are published, then the event is read
 *   vq_*_enable_*():  the event is published, then the index or flags are read
 * Both may run at once. Without either barrier the notifying side can miss the new event while the
 * enabling side misses the new entry: a lost notification. */
static inline void vq_full_barrier(void)
{
	atomic_thread_fence(memory_order_seq_cst);
}

#endif
