/* check.h: a queue with both sides in memory of its own, and the one way to state what is expected. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vq.h"
#include "vq_mem.h"

#define GPA UINT64_C(0x100000000)
#define DATA (GPA + 0x1c0000) /* buffers; areas lie below */

/* Counts and tells; a test goes on after a failure. */
void expect(long long is, long long wanted, const char *what, const char *file, int line);
#define IS(call, wanted) expect((long long)(call), (long long)(wanted), #call, __FILE__, __LINE__)

struct rig {
	struct vq_mem mem;
	struct vq_layout at;
	struct vq_driver drv;
	struct vq_device dev;
	struct vq_slot *drv_slots, *dev_slots;
	struct vq_seg segs[64];
	struct vq_chain chain;
	struct vq_used used;
};

/* A queue of this size with these features, ready on both sides; 2 MiB of memory. */
void rig_open(struct rig *rig, uint16_t size, uint16_t features);
void rig_close(struct rig *rig);

/* Adds a buffer of so many pieces; the piece i lies at DATA + 64 * i and has length 8 + i. */
int rig_add(struct rig *rig, uint16_t readable, uint16_t writable, uint64_t token);
int rig_add_indirect(struct rig *rig, uint16_t readable, uint16_t writable, uint64_t token);
int rig_pop(struct rig *rig);
int rig_get(struct rig *rig);

/* One buffer all the way; the steps that fail are told. Its token comes back. */
void rig_cycle(struct rig *rig, uint16_t readable, uint16_t writable, uint64_t token);

/* Bytes of the areas, by number: of the descriptor table, the driver area, the device area. */
static inline uint16_t desc16(const struct rig *r, size_t at)
{
	return vq_load16(r->drv.a.desc + at);
}
static inline uint16_t driver16(const struct rig *r, size_t at)
{
	return vq_load16(r->drv.a.driver + at);
}
static inline uint16_t device16(const struct rig *r, size_t at)
{
	return vq_load16(r->drv.a.device + at);
}

void test_split(void);
void test_packed(void);
void test_both(void);
void test_hostile(void);
int test_corpus(const char *path); /* 0, or 1 if it cannot be read */

#endif
