/* vq_split_device.c: the device's side of a split virtqueue (virtio 1.3, 2.7). */
#include "vq_internal.h"

static uint16_t mask(const struct vq_device *dev)
{
	return (uint16_t)(dev->a.at.size - 1);
}

/* An entry of an indirect table, which need not be aligned. */
static struct vq_desc load_entry(const uint8_t *at)
{
	if ((uintptr_t)at % 8 == 0)
		return vq_load_split(at);
	return vq_split_desc(vq_load64_unaligned(at), vq_load64_unaligned(at + 8));
}

static int walk_table(struct vq_walk *walk, struct vq_desc whole)
{
	struct vq_table table;
	int rc = vq_indirect_table(walk->a, whole, &table);
	if (rc)
		return rc;
	/* Ends: each round takes a segment, and vq_walk_take() takes no more than the queue's size. */
	for (uint32_t i = 0;;) {
		const struct vq_desc d = load_entry(table.bytes + VQ_DESC_BYTES * (size_t)i);
		if (d.flags & VQ_DESC_INDIRECT)
			return VQ_E_INDIRECT; /* 2.7.5.3.1: not within another */
		rc = vq_walk_take(walk, d);
		if (rc || !(d.flags & VQ_DESC_NEXT))
			return rc;
		if (d.next_or_id >= table.entries)
			return VQ_E_INDEX;
		i = d.next_or_id;
	}
}

static int walk_chain(const struct vq_device *dev, uint16_t head, struct vq_walk *walk)
{
	/* Ends, as above. 2.7.5.3.2: descriptors may precede one that refers to a table. */
	for (uint16_t i = head;;) {
		const struct vq_desc d = vq_load_split(dev->a.desc + VQ_DESC_BYTES * (size_t)i);
		if (d.flags & VQ_DESC_INDIRECT)
			return walk_table(walk, d);
		const int rc = vq_walk_take(walk, d);
		if (rc || !(d.flags & VQ_DESC_NEXT))
			return rc;
		if (d.next_or_id >= dev->a.at.size)
			return VQ_E_INDEX;
		i = d.next_or_id;
	}
}

int vq_split_pop(struct vq_device *dev, struct vq_chain *chain)
{
	uint16_t seen = dev->avail_seen;
	if (seen == dev->next_avail) {
		/* Pairs with vq_release16() in vq_split_driver_publish(). */
		seen = vq_acquire16(dev->a.driver + 2);
		/* Entries are free again once their buffers are published as used, no sooner. */
		const uint16_t held = (uint16_t)(dev->next_avail - dev->used + dev->hidden);
		if ((uint16_t)(seen - dev->next_avail) > dev->a.at.size - held)
			return VQ_E_JUMP;
		if (seen == dev->next_avail)
			return 0;
	}
	const uint16_t head = vq_load16(dev->a.driver + 4 + 2 * (size_t)(dev->next_avail & mask(dev)));
	if (head >= dev->a.at.size)
		return VQ_E_INDEX;
	if (dev->a.slots[head].count)
		return VQ_E_ID;
	struct vq_walk walk = { .a = &dev->a, .segs = chain->segs, .capacity = chain->capacity };
	int rc = walk_chain(dev, head, &walk);
	if (!rc)
		rc = vq_walk_finish(&walk, chain);
	if (rc)
		return rc;
	chain->handle = chain->id = head;
	vq_device_took(dev, head, head, 1, chain->writable_bytes);
	dev->avail_seen = seen;
	dev->next_avail++;
	return 1;
}

int vq_split_push(struct vq_device *dev, uint16_t id, uint32_t len, uint16_t buffers)
{
	uint8_t *const entry = dev->a.device + 4 + 8 * (size_t)(dev->used & mask(dev));
	vq_store32(entry, id);
	vq_store32(entry + 4, len);
	dev->used = (uint16_t)(dev->used + buffers);
	dev->hidden = (uint16_t)(dev->hidden + buffers);
	return 0;
}

void vq_split_device_publish(struct vq_device *dev)
{
	/* Pairs with vq_acquire16() in vq_split_get_used(): 2.7.8.2, the entry before idx. */
	vq_release16(dev->a.device + 2, dev->used);
}

int vq_split_device_wanted(const struct vq_device *dev, uint64_t since)
{
	/* The event is read anew each time: drivers also move it back (Linux 8d65843c4426). */
	if (vq_has(&dev->a, VQ_F_EVENT_IDX)) {
		const uint8_t *const used_event = dev->a.driver + 4 + 2 * (size_t)dev->a.at.size;
		return vq_passed(vq_load16(used_event), dev->used, since, UINT16_MAX);
	}
	return !(vq_load16(dev->a.driver) & 1); /* VIRTQ_AVAIL_F_NO_INTERRUPT */
}

static uint8_t *avail_event(const struct vq_device *dev)
{
	return dev->a.device + 4 + 8 * (size_t)dev->a.at.size;
}

void vq_split_disable_avail(struct vq_device *dev)
{
	if (vq_has(&dev->a, VQ_F_EVENT_IDX))
		vq_store16(avail_event(dev), (uint16_t)(dev->next_avail - 1));
	else
		vq_store16(dev->a.device, 1); /* VIRTQ_USED_F_NO_NOTIFY */
}

int vq_split_enable_avail(struct vq_device *dev)
{
	if (vq_has(&dev->a, VQ_F_EVENT_IDX))
		vq_store16(avail_event(dev), dev->next_avail);
	else
		vq_store16(dev->a.device, 0);
	vq_full_barrier(); /* pairs with the one in vq_driver_notify() */
	return vq_acquire16(dev->a.driver + 2) != dev->next_avail;
}
