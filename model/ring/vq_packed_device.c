/* vq_packed_device.c: the device's side of a packed virtqueue (virtio 1.3, 2.8). */
#include "vq_internal.h"

static struct vq_pos avail_pos(const struct vq_device *dev)
{
	return (struct vq_pos){ dev->next_avail, dev->avail_wrap };
}

static uint8_t *desc_at(const struct vq_device *dev, uint16_t at)
{
	return dev->a.desc + VQ_DESC_BYTES * (size_t)at;
}

static struct vq_desc load_entry(const uint8_t *at)
{
	if ((uintptr_t)at % 8 == 0)
		return vq_load_packed(at);
	return vq_packed_desc(vq_load64_unaligned(at), vq_load64_unaligned(at + 8));
}

/* All entries of a table, one after the other; of their flags only WRITE counts (2.8.8). */
static int walk_table(struct vq_walk *walk, struct vq_desc whole)
{
	struct vq_table table = { NULL, 0 };
	int rc = vq_indirect_table(walk->a, whole, &table);
	for (uint32_t i = 0; !rc && i < table.entries; i++)
		rc = vq_walk_take(walk, load_entry(table.bytes + VQ_DESC_BYTES * (size_t)i));
	return rc;
}

/* The chain from `p` on; `d` is its first descriptor, of `room` at most. How many, or an error. */
static int walk_chain(const struct vq_device *dev, struct vq_desc d, uint16_t room, struct vq_walk *walk,
		      uint16_t *id)
{
	struct vq_pos p = avail_pos(dev);
	for (uint16_t n = 1;; n++) {
		*id = d.next_or_id; /* 2.8.6: that of the last descriptor counts */
		const int rc = d.flags & VQ_DESC_INDIRECT ? walk_table(walk, d) : vq_walk_take(walk, d);
		if (rc)
			return rc;
		if (!(d.flags & VQ_DESC_NEXT))
			return n;
		if (n == room)
			return VQ_E_LOOP;
		p = vq_ahead(p, 1, dev->a.at.size);
		d = vq_load_packed(desc_at(dev, p.at));
	}
}

/* The flags of the next descriptor if it is available (2.8.1), else 0; no available one has flags 0. */
static uint16_t available(const struct vq_device *dev)
{
	/* Pairs with vq_release16() in vq_packed_driver_publish(). */
	const uint16_t flags = vq_acquire16(desc_at(dev, dev->next_avail) + 14);
	const bool avail = flags & VQ_DESC_AVAIL, used = flags & VQ_DESC_USED;
	return avail == dev->avail_wrap && used != dev->avail_wrap ? flags : 0;
}

int vq_packed_pop(struct vq_device *dev, struct vq_chain *chain)
{
	const uint16_t size = dev->a.at.size;
	const uint16_t flags = available(dev);
	if (!flags)
		return 0;
	const uint16_t room = (uint16_t)(size - dev->in_flight - dev->hidden);
	if (room == 0)
		return VQ_E_JUMP;
	/* The flags are those that were found available; only the rest is read now. */
	const uint8_t *const at = desc_at(dev, dev->next_avail);
	const struct vq_desc d = { vq_load64(at), vq_load32(at + 8), flags, vq_load16(at + 12) };
	struct vq_walk walk = { .a = &dev->a, .segs = chain->segs, .capacity = chain->capacity };
	uint16_t id = 0;
	const int count = walk_chain(dev, d, room, &walk, &id);
	if (count < 0)
		return count;
	const int rc = vq_walk_finish(&walk, chain);
	if (rc)
		return rc;
	chain->id = id;
	chain->handle = dev->free_head;
	dev->free_head = dev->a.slots[chain->handle].next;
	vq_device_took(dev, chain->handle, id, (uint16_t)count, chain->writable_bytes);
	dev->in_flight = (uint16_t)(dev->in_flight + count);
	const struct vq_pos p = vq_ahead(avail_pos(dev), (uint32_t)count, size);
	dev->next_avail = p.at;
	dev->avail_wrap = p.wrap;
	return 1;
}

int vq_packed_push(struct vq_device *dev, uint16_t id, uint32_t len, uint16_t descriptors)
{
	uint8_t *const at = desc_at(dev, dev->used);
	const struct vq_pos here = { dev->used, dev->used_wrap };
	/* 2.8.1: used is both bits equal to the wrap counter. 2.8.5: WRITE says that `len` means something. */
	const uint16_t flags = (uint16_t)((here.wrap ? VQ_DESC_AVAIL | VQ_DESC_USED : 0) |
					  (len ? VQ_DESC_WRITE : 0));
	vq_store32(at + 8, len);
	vq_store16(at + 12, id);
	/* The first one is held back: until the driver sees it, it looks at none of the others. */
	if (dev->hidden) {
		vq_store16(at + 14, flags);
	} else {
		dev->pending_at = here.at;
		dev->pending_flags = flags;
	}
	const struct vq_pos p = vq_ahead(here, descriptors, dev->a.at.size);
	dev->used = p.at;
	dev->used_wrap = p.wrap;
	dev->hidden = (uint16_t)(dev->hidden + descriptors);
	return 0;
}

void vq_packed_device_publish(struct vq_device *dev)
{
	/* Pairs with vq_acquire16() in is_used() of vq_packed_driver.c: id and len before the flags. */
	vq_release16(desc_at(dev, dev->pending_at) + 14, dev->pending_flags);
}

int vq_packed_device_wanted(const struct vq_device *dev, uint64_t since)
{
	return vq_packed_wanted(&dev->a, dev->a.driver, (struct vq_pos){ dev->used, dev->used_wrap }, since);
}

void vq_packed_disable_avail(struct vq_device *dev)
{
	vq_packed_set_event(dev->a.device, VQ_EVENT_DISABLE, (struct vq_pos){ 0, 0 });
}

int vq_packed_enable_avail(struct vq_device *dev)
{
	if (vq_has(&dev->a, VQ_F_EVENT_IDX))
		vq_packed_set_event(dev->a.device, VQ_EVENT_DESC, avail_pos(dev));
	else
		vq_packed_set_event(dev->a.device, VQ_EVENT_ENABLE, (struct vq_pos){ 0, 0 });
	vq_full_barrier(); /* pairs with the one in vq_driver_notify() */
	return available(dev) != 0;
}
