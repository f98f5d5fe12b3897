/* vq_packed_driver.c: the driver's side of a packed virtqueue (virtio 1.3, 2.8).
 *
 * Several chains become visible at once: all of their descriptors are written but for the flags of the
 * very first, which the device reads before it looks at any other. */
#include "vq_internal.h"

static struct vq_pos avail_pos(const struct vq_driver *drv)
{
	return (struct vq_pos){ drv->next_avail, drv->avail_wrap };
}

static struct vq_pos used_pos(const struct vq_driver *drv)
{
	return (struct vq_pos){ drv->last_used, drv->used_wrap };
}

static uint8_t *desc_at(const struct vq_driver *drv, uint16_t at)
{
	return drv->a.desc + VQ_DESC_BYTES * (size_t)at;
}

/* 2.8.1: available is AVAIL equal to the wrap counter, and USED its inverse. */
static uint16_t avail_flags(uint8_t wrap)
{
	return wrap ? VQ_DESC_AVAIL : VQ_DESC_USED;
}

/* Writes a descriptor but for its flags: they make the first hidden chain visible, and are left to
 * vq_packed_driver_publish(). */
static void hold_back(struct vq_driver *drv, uint8_t *at, struct vq_desc d)
{
	vq_store64(at, d.addr);
	vq_store32(at + 8, d.len);
	vq_store16(at + 12, d.next_or_id);
	drv->pending_at = drv->next_avail;
	drv->pending_flags = d.flags;
}

int vq_packed_add(struct vq_driver *drv, const struct vq_seg *segs, uint16_t readable, uint16_t writable,
		  uint64_t token, uint16_t flags)
{
	const uint32_t count = (uint32_t)readable + writable;
	uint32_t writable_bytes = 0;
	const int rc = vq_check_add(drv, segs, readable, count, &writable_bytes);
	if (rc)
		return rc;
	const uint16_t id = drv->free_head;
	struct vq_pos p = avail_pos(drv);
	for (uint32_t k = 0; k < count; k++) {
		struct vq_desc d = { segs[k].addr, segs[k].len, flags, id };
		d.flags = (uint16_t)(d.flags | avail_flags(p.wrap) | (k + 1 < count ? VQ_DESC_NEXT : 0) |
				     (k >= readable ? VQ_DESC_WRITE : 0));
		uint8_t *const at = desc_at(drv, p.at);
		if (k == 0 && drv->hidden == 0)
			hold_back(drv, at, d);
		else
			vq_store_packed(at, d);
		p = vq_ahead(p, 1, drv->a.at.size);
	}
	drv->next_avail = p.at;
	drv->avail_wrap = p.wrap;
	drv->free_head = drv->a.slots[id].next;
	vq_driver_added(drv, id, token, writable_bytes, count, count);
	return id;
}

void vq_packed_driver_publish(struct vq_driver *drv)
{
	/* Pairs with vq_acquire16() in vq_packed_pop(): 2.8.21.1, everything else before the flags. */
	vq_release16(desc_at(drv, drv->pending_at) + 14, drv->pending_flags);
}

int vq_packed_driver_wanted(const struct vq_driver *drv, uint64_t since)
{
	return vq_packed_wanted(&drv->a, drv->a.device, avail_pos(drv), since);
}

/* Whether the descriptor at last_used is used: 2.8.1, both bits equal to the wrap counter. */
static bool is_used(const struct vq_driver *drv, uint16_t *flags)
{
	/* Pairs with vq_release16() in vq_packed_device_publish(). */
	*flags = vq_acquire16(desc_at(drv, drv->last_used) + 14);
	const bool avail = *flags & VQ_DESC_AVAIL, used = *flags & VQ_DESC_USED;
	return avail == used && used == drv->used_wrap;
}

/* The used descriptor at last_used, checked; starts a batch if it is not for the oldest buffer. */
static int read_used(struct vq_driver *drv, uint16_t flags, uint16_t *id, uint32_t *len)
{
	const uint8_t *const at = desc_at(drv, drv->last_used);
	/* 2.8.5: without WRITE the length is reserved, and ignored by drivers. */
	*len = flags & VQ_DESC_WRITE ? vq_load32(at + 8) : 0;
	*id = vq_load16(at + 12);
	const int rc = vq_check_used(drv, *id, *len);
	if (rc)
		return rc;
	if (vq_has(&drv->a, VQ_F_IN_ORDER)) {
		drv->batch_last = *id;
		drv->batch_len = *len;
		*id = vq_batch_next(drv, len);
	}
	return 0;
}

int vq_packed_get_used(struct vq_driver *drv, struct vq_used *used)
{
	const uint16_t size = drv->a.at.size;
	uint16_t id = 0, flags = 0;
	uint32_t len = 0;
	if (drv->in_batch) {
		id = vq_batch_next(drv, &len);
	} else {
		if (!is_used(drv, &flags))
			return 0;
		const int rc = read_used(drv, flags, &id, &len);
		if (rc)
			return rc;
	}
	struct vq_slot *const slot = &drv->a.slots[id];
	*used = (struct vq_used){ slot->token, id, len };
	drv->oldest = (uint16_t)(id + 1 == size ? 0 : id + 1);
	/* The used descriptor takes one place; those of the rest of the chain are skipped (2.8.6). */
	const struct vq_pos p = vq_ahead(used_pos(drv), slot->count, size);
	drv->last_used = p.at;
	drv->used_wrap = p.wrap;
	drv->free = (uint16_t)(drv->free + slot->count);
	vq_free_slots(drv, id, id, drv->outstanding == size);
	drv->outstanding--;
	return 1;
}

void vq_packed_disable_used(struct vq_driver *drv)
{
	vq_packed_set_event(drv->a.driver, VQ_EVENT_DISABLE, (struct vq_pos){ 0, 0 });
}

int vq_packed_enable_used(struct vq_driver *drv, uint16_t more)
{
	if (vq_has(&drv->a, VQ_F_EVENT_IDX)) {
		/* What is not published is not used either: an event for it might never come. */
		const uint16_t coming = (uint16_t)(drv->a.at.size - drv->free - drv->hidden);
		const uint16_t most = coming ? (uint16_t)(coming - 1) : 0;
		vq_packed_set_event(drv->a.driver, VQ_EVENT_DESC,
				    vq_ahead(used_pos(drv), more < most ? more : most, drv->a.at.size));
	} else {
		vq_packed_set_event(drv->a.driver, VQ_EVENT_ENABLE, (struct vq_pos){ 0, 0 });
	}
	vq_full_barrier(); /* pairs with the one in vq_device_notify() */
	uint16_t flags = 0;
	return drv->in_batch || is_used(drv, &flags);
}
