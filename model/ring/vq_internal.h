/* vq_internal.h: what the files of the ring share and callers do not see. */
#ifndef VQ_INTERNAL_H
#define VQ_INTERNAL_H

#include <stdbool.h>

#include "vq.h"
#include "vq_mem.h"

enum vq_event_flag { VQ_EVENT_ENABLE = 0, VQ_EVENT_DISABLE = 1, VQ_EVENT_DESC = 2 }; /* 2.8.14 */

/* A position of a packed ring and its wrap counter. */
struct vq_pos {
	uint16_t at;
	uint8_t wrap;
};

/* A chain as the device collects it; the queue changes only when it is whole. */
struct vq_walk {
	const struct vq_areas *a;
	struct vq_seg *segs;
	uint64_t bytes, writable_bytes;
	uint16_t capacity, readable, writable;
};

/* A table of descriptors: the ring's own or an indirect one. */
struct vq_table {
	const uint8_t *bytes;
	uint32_t entries;
};

static inline bool vq_has(const struct vq_areas *a, enum vq_feature feature)
{
	return (a->at.features & (unsigned)feature) != 0;
}

static inline bool vq_inside(const struct vq_mem *mem, uint64_t addr, uint64_t len)
{
	return addr >= mem->gpa && addr - mem->gpa <= mem->len && len <= mem->len - (addr - mem->gpa);
}

/* Whether `event` was passed by the last `since` steps up to `now`, on a circle where more than `most`
 * steps pass everything. */
static inline int vq_passed(uint16_t event, uint16_t now, uint64_t since, uint32_t most)
{
	return since > most || vq_need_event(event, now, (uint16_t)(now - since));
}

/* The free list is first in, first out: slots are taken in the order in which they were freed, which
 * with IN_ORDER is the order of the ring (2.7.9: descriptors are used in ring order). */
static inline void vq_free_slots(struct vq_driver *drv, uint16_t first, uint16_t last, bool was_empty)
{
	struct vq_slot *slots = drv->a.slots;
	slots[first].count = 0;
	if (was_empty)
		drv->free_head = first;
	else
		slots[drv->free_tail].next = first;
	drv->free_tail = last;
}

/* Whether a chain may have so many descriptors; 0 or an error. */
static inline int vq_check_count(const struct vq_areas *a, uint32_t count)
{
	if (count == 0)
		return VQ_E_EMPTY;
	return count > a->at.size ? VQ_E_LOOP : 0;
}

/* Whether the driver may refer to these segments; the bytes of the writable ones. 0 or an error. */
static inline int vq_check_segs(const struct vq_areas *a, const struct vq_seg *segs, uint32_t readable,
				uint32_t count, uint32_t *writable)
{
	uint64_t bytes = 0, writable_bytes = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (segs[i].len == 0)
			return VQ_E_EMPTY;
		if (!vq_inside(&a->mem, segs[i].addr, segs[i].len))
			return VQ_E_RANGE;
		bytes += segs[i].len;
		if (i >= readable)
			writable_bytes += segs[i].len;
	}
	/* 2.7.5.2: a chain has at most 2^32 bytes; that many writable ones would not fit `len`. */
	if (bytes > UINT64_C(1) << 32 || writable_bytes > UINT32_MAX)
		return VQ_E_LEN;
	*writable = (uint32_t)writable_bytes;
	return 0;
}

/* Whether they may be added now, a descriptor each. */
static inline int vq_check_add(const struct vq_driver *drv, const struct vq_seg *segs, uint32_t readable,
			       uint32_t count, uint32_t *writable)
{
	int rc = vq_check_count(&drv->a, count);
	if (rc)
		return rc;
	rc = vq_check_segs(&drv->a, segs, readable, count, writable);
	if (rc)
		return rc;
	return count > drv->free ? VQ_E_FULL : 0;
}

/* Remembers on the driver's side what was added, and how many steps the ring went. */
static inline void vq_driver_added(struct vq_driver *drv, uint16_t id, uint64_t token, uint32_t writable,
				   uint32_t count, uint32_t steps)
{
	struct vq_slot *const own = &drv->a.slots[id];
	own->token = token;
	own->writable = writable;
	own->epoch = drv->epoch;
	own->count = (uint16_t)count;
	drv->free = (uint16_t)(drv->free - count);
	drv->outstanding++;
	drv->hidden = (uint16_t)(drv->hidden + steps);
	drv->since += steps;
}

/* What the driver may hear about from the device: it is outstanding, and it was published. */
static inline int vq_check_used(const struct vq_driver *drv, uint32_t id, uint32_t len)
{
	if (id >= drv->a.at.size)
		return VQ_E_ID;
	const struct vq_slot *slot = &drv->a.slots[id];
	if (slot->count == 0 || slot->epoch == drv->epoch)
		return VQ_E_ID;
	return len > slot->writable ? VQ_E_LEN : 0;
}

/* One step through a batch of IN_ORDER: the id of the oldest buffer, and what was written to it. Those
 * before the last count as written in full (2.7.9, 2.8.12). */
static inline uint16_t vq_batch_next(struct vq_driver *drv, uint32_t *len)
{
	const uint16_t id = drv->oldest;
	drv->in_batch = id != drv->batch_last;
	*len = drv->in_batch ? drv->a.slots[id].writable : drv->batch_len;
	return id;
}

/* Appends what a descriptor refers to; 0 or an error. */
static inline int vq_walk_take(struct vq_walk *walk, struct vq_desc d)
{
	const uint32_t n = (uint32_t)walk->readable + walk->writable;
	if (n >= walk->a->at.size)
		return VQ_E_LOOP; /* 2.7.5.1: no chain is longer than the queue */
	if (d.len == 0)
		return VQ_E_EMPTY;
	if (!vq_inside(&walk->a->mem, d.addr, d.len))
		return VQ_E_RANGE;
	if (walk->writable && !(d.flags & VQ_DESC_WRITE))
		return VQ_E_ORDER;
	if (n >= walk->capacity)
		return VQ_E_SPACE;
	walk->segs[n] = (struct vq_seg){ d.addr, d.len };
	walk->bytes += d.len;
	if (d.flags & VQ_DESC_WRITE) {
		walk->writable++;
		walk->writable_bytes += d.len;
	} else {
		walk->readable++;
	}
	return 0;
}

/* The indirect table that `d` refers to; 0 or an error. */
static inline int vq_indirect_table(const struct vq_areas *a, struct vq_desc d, struct vq_table *table)
{
	/* 2.7.5.3.1: not together with NEXT, and a whole number of descriptors. */
	if (!vq_has(a, VQ_F_INDIRECT) || (d.flags & VQ_DESC_NEXT))
		return VQ_E_INDIRECT;
	if (d.len == 0 || d.len % VQ_DESC_BYTES)
		return VQ_E_INDIRECT;
	if (!vq_inside(&a->mem, d.addr, d.len))
		return VQ_E_RANGE;
	*table = (struct vq_table){ a->mem.bytes + (d.addr - a->mem.gpa), d.len / VQ_DESC_BYTES };
	return 0;
}

/* The chain for the caller, once it is whole; 0 or an error. */
static inline int vq_walk_finish(const struct vq_walk *walk, struct vq_chain *chain)
{
	if (walk->bytes > UINT64_C(1) << 32 || walk->writable_bytes > UINT32_MAX)
		return VQ_E_LEN;
	chain->readable = walk->readable;
	chain->writable = walk->writable;
	chain->writable_bytes = (uint32_t)walk->writable_bytes;
	return 0;
}

/* Remembers on the device's side what was taken, in the order of taking. */
static inline void vq_device_took(struct vq_device *dev, uint16_t handle, uint16_t id, uint16_t count,
				  uint32_t writable)
{
	struct vq_slot *const slot = &dev->a.slots[handle];
	slot->last = id;
	slot->count = count;
	slot->writable = writable;
	if (dev->taken++ == 0)
		dev->oldest = handle;
	else if (vq_has(&dev->a, VQ_F_IN_ORDER))
		dev->a.slots[dev->newest].next = handle;
	dev->newest = handle;
}

/* The two kinds, behind the functions of vq.h. `flags` of a descriptor: VQ_DESC_INDIRECT or none. */
int vq_split_add(struct vq_driver *drv, const struct vq_seg *segs, uint16_t readable, uint16_t writable,
		 uint64_t token, uint16_t flags);
void vq_split_driver_publish(struct vq_driver *drv);
int vq_split_driver_wanted(const struct vq_driver *drv, uint64_t since);
int vq_split_get_used(struct vq_driver *drv, struct vq_used *used);
void vq_split_disable_used(struct vq_driver *drv);
int vq_split_enable_used(struct vq_driver *drv, uint16_t more);

int vq_split_pop(struct vq_device *dev, struct vq_chain *chain);
int vq_split_push(struct vq_device *dev, uint16_t id, uint32_t len, uint16_t buffers);
void vq_split_device_publish(struct vq_device *dev);
int vq_split_device_wanted(const struct vq_device *dev, uint64_t since);
void vq_split_disable_avail(struct vq_device *dev);
int vq_split_enable_avail(struct vq_device *dev);

int vq_packed_add(struct vq_driver *drv, const struct vq_seg *segs, uint16_t readable, uint16_t writable,
		  uint64_t token, uint16_t flags);
void vq_packed_driver_publish(struct vq_driver *drv);
int vq_packed_driver_wanted(const struct vq_driver *drv, uint64_t since);
int vq_packed_get_used(struct vq_driver *drv, struct vq_used *used);
void vq_packed_disable_used(struct vq_driver *drv);
int vq_packed_enable_used(struct vq_driver *drv, uint16_t more);

int vq_packed_pop(struct vq_device *dev, struct vq_chain *chain);
int vq_packed_push(struct vq_device *dev, uint16_t id, uint32_t len, uint16_t descriptors);
void vq_packed_device_publish(struct vq_device *dev);
int vq_packed_device_wanted(const struct vq_device *dev, uint64_t since);
void vq_packed_disable_avail(struct vq_device *dev);
int vq_packed_enable_avail(struct vq_device *dev);

/* What both sides of a packed ring share (vq_packed.c). */
static inline struct vq_pos vq_ahead(struct vq_pos p, uint32_t steps, uint16_t size)
{
	const uint32_t at = p.at + steps; /* steps are at most the size: at most one wrap */
	if (at < size)
		return (struct vq_pos){ (uint16_t)at, p.wrap };
	return (struct vq_pos){ (uint16_t)(at - size), p.wrap ^ 1 };
}

/* Whether an event structure asks to be told of the last `since` descriptors before `now`. */
int vq_packed_wanted(const struct vq_areas *a, const uint8_t *event, struct vq_pos now, uint64_t since);

/* Writes an event structure: by one store, so that flags never go with another's offset. */
void vq_packed_set_event(uint8_t *event, enum vq_event_flag flag, struct vq_pos at);

#endif
