/* vq_split_driver.c: the driver's side of a split virtqueue (virtio 1.3, 2.7).
 *
 * avail is { flags, idx, ring[size], used_event }, used is { flags, idx, ring[size], avail_event }. */
#include "vq_internal.h"

static uint16_t mask(const struct vq_driver *drv)
{
	return (uint16_t)(drv->a.at.size - 1);
}

static uint8_t *used_event(const struct vq_driver *drv)
{
	return drv->a.driver + 4 + 2 * (size_t)drv->a.at.size;
}

int vq_split_add(struct vq_driver *drv, const struct vq_seg *segs, uint16_t readable, uint16_t writable,
		 uint64_t token, uint16_t flags)
{
	const uint32_t count = (uint32_t)readable + writable;
	uint32_t writable_bytes = 0;
	const int rc = vq_check_add(drv, segs, readable, count, &writable_bytes);
	if (rc)
		return rc;
	struct vq_slot *const slots = drv->a.slots;
	const uint16_t head = drv->free_head;
	uint16_t i = head, last = head;
	for (uint32_t k = 0; k < count; k++) {
		const bool more = k + 1 < count;
		const uint16_t next = slots[i].next;
		struct vq_desc d = { segs[k].addr, segs[k].len, flags, more ? next : 0 };
		d.flags = (uint16_t)(d.flags | (more ? VQ_DESC_NEXT : 0) |
				     (k >= readable ? VQ_DESC_WRITE : 0));
		vq_store_split(drv->a.desc + VQ_DESC_BYTES * (size_t)i, d);
		last = i;
		i = next;
	}
	drv->free_head = i;
	slots[head].last = last;
	vq_store16(drv->a.driver + 4 + 2 * (size_t)(drv->next_avail & mask(drv)), head);
	drv->next_avail++;
	vq_driver_added(drv, head, token, writable_bytes, count, 1);
	return head;
}

void vq_split_driver_publish(struct vq_driver *drv)
{
	/* Pairs with vq_acquire16() in vq_split_pop(): entries and descriptors are visible before idx. */
	vq_release16(drv->a.driver + 2, drv->next_avail);
}

int vq_split_driver_wanted(const struct vq_driver *drv, uint64_t since)
{
	if (vq_has(&drv->a, VQ_F_EVENT_IDX)) {
		const uint8_t *const avail_event = drv->a.device + 4 + 8 * (size_t)drv->a.at.size;
		return vq_passed(vq_load16(avail_event), drv->next_avail, since, UINT16_MAX);
	}
	return !(vq_load16(drv->a.device) & 1); /* VIRTQ_USED_F_NO_NOTIFY */
}

/* The used entry at last_used, checked; starts a batch if it is not for the oldest buffer. */
static int read_used(struct vq_driver *drv, uint16_t *id, uint32_t *len)
{
	const uint8_t *const entry = drv->a.device + 4 + 8 * (size_t)(drv->last_used & mask(drv));
	const uint32_t wide = vq_load32(entry);
	*len = vq_load32(entry + 4);
	const int rc = vq_check_used(drv, wide, *len);
	if (rc)
		return rc;
	*id = (uint16_t)wide;
	if (vq_has(&drv->a, VQ_F_IN_ORDER)) {
		drv->batch_last = *id;
		drv->batch_len = *len;
		*id = vq_batch_next(drv, len);
	}
	return 0;
}

int vq_split_get_used(struct vq_driver *drv, struct vq_used *used)
{
	uint16_t seen = drv->used_seen, id = 0;
	uint32_t len = 0;
	if (seen == drv->last_used) {
		/* Pairs with vq_release16() in vq_split_device_publish(): entries before idx. */
		seen = vq_acquire16(drv->a.device + 2);
		const uint16_t published = (uint16_t)(drv->next_avail - drv->hidden);
		if ((uint16_t)(seen - drv->last_used) > (uint16_t)(published - drv->last_used))
			return VQ_E_JUMP;
		if (seen == drv->last_used) /* idx counts every buffer of a batch at once */
			return drv->in_batch ? VQ_E_JUMP : 0;
	}
	if (drv->in_batch) {
		id = vq_batch_next(drv, &len);
	} else {
		const int rc = read_used(drv, &id, &len);
		if (rc)
			return rc;
	}
	struct vq_slot *const slot = &drv->a.slots[id];
	*used = (struct vq_used){ slot->token, id, len };
	drv->oldest = (uint16_t)((id + slot->count) & mask(drv));
	const uint16_t count = slot->count;
	vq_free_slots(drv, id, slot->last, drv->free == 0);
	drv->free = (uint16_t)(drv->free + count);
	drv->outstanding--;
	drv->used_seen = seen;
	drv->last_used++;
	return 1;
}

void vq_split_disable_used(struct vq_driver *drv)
{
	/* EVENT_IDX has no word for "never": the entry just passed comes again after 65,536. */
	if (vq_has(&drv->a, VQ_F_EVENT_IDX))
		vq_store16(used_event(drv), (uint16_t)(drv->last_used - 1));
	else
		vq_store16(drv->a.driver, 1); /* VIRTQ_AVAIL_F_NO_INTERRUPT */
}

int vq_split_enable_used(struct vq_driver *drv, uint16_t more)
{
	/* What is not published is not used either: an event for it might never come. */
	const uint16_t coming = (uint16_t)(drv->next_avail - drv->hidden - drv->last_used);
	const uint16_t most = coming ? (uint16_t)(coming - 1) : 0;
	if (vq_has(&drv->a, VQ_F_EVENT_IDX))
		vq_store16(used_event(drv), (uint16_t)(drv->last_used + (more < most ? more : most)));
	else
		vq_store16(drv->a.driver, 0);
	vq_full_barrier(); /* pairs with the one in vq_device_notify() */
	return vq_acquire16(drv->a.device + 2) != drv->last_used;
}
