/* vq.c: what split and packed virtqueues have in common: arguments, book-keeping, choice of the kind. */
#include "vq_internal.h"

#include <string.h>

_Static_assert(sizeof(struct vq_slot) <= 32, "vq_slots_bytes() is told to callers");

int vq_need_event(uint16_t event, uint16_t new_idx, uint16_t old_idx)
{
	return (uint16_t)(new_idx - event - 1) < (uint16_t)(new_idx - old_idx);
}

const char *vq_strerror(int err)
{
	static const char *const text[] = {
		"no error",
		"the queue size is not legal",
		"an area is not aligned",
		"an address or length lies outside guest memory",
		"the queue is full",
		"a buffer of length 0, or no buffer",
		"a descriptor index lies outside its table",
		"a chain is longer than the queue, or loops",
		"an indirect table where none may be, or a torn one",
		"a readable buffer after a writable one",
		"an index or wrap bit offers more than is outstanding",
		"an id is not outstanding, or already is",
		"more bytes than the buffer has",
		"the array of segments is too short",
		"a feature is unknown or was not negotiated",
	};
	return err > 0 || err < VQ_E_FEATURE ? "unknown error" : text[-err];
}

int vq_area_bytes(uint16_t size, uint16_t features, size_t bytes[3])
{
	const bool packed = (features & VQ_F_PACKED) != 0;
	if (features >= VQ_F_IN_ORDER << 1)
		return VQ_E_FEATURE;
	if (size == 0 || size > VQ_SIZE_MAX || (!packed && (size & (size - 1))))
		return VQ_E_SIZE;
	bytes[0] = (size_t)VQ_DESC_BYTES * size;
	bytes[1] = packed ? 4 : 6 + 2 * (size_t)size;
	bytes[2] = packed ? 4 : 6 + 8 * (size_t)size;
	return 0;
}

size_t vq_slots_bytes(uint16_t size)
{
	return sizeof(struct vq_slot) * size;
}

uint8_t *vq_at(const struct vq_mem *mem, uint64_t addr, uint64_t len)
{
	/* By its number: a caller whose guest addresses are its own has no bytes at 0 to count from. */
	return vq_inside(mem, addr, len) ? (uint8_t *)((uintptr_t)mem->bytes + (addr - mem->gpa)) : NULL;
}

static int areas_init(struct vq_areas *a, struct vq_mem mem, struct vq_layout at, struct vq_slot *slots)
{
	size_t bytes[3] = { 0, 0, 0 };
	const int rc = vq_area_bytes(at.size, at.features, bytes);
	if (rc)
		return rc;
	const bool packed = (at.features & VQ_F_PACKED) != 0;
	const uint64_t driver_align = packed ? 4 : 2;
	if (at.desc % 16 || at.driver % driver_align || at.device % 4)
		return VQ_E_ALIGN;
	if (((uint64_t)(uintptr_t)mem.bytes - mem.gpa) % 16)
		return VQ_E_ALIGN; /* else an aligned guest address would not be aligned here */
	if (!vq_inside(&mem, at.desc, bytes[0]) || !vq_inside(&mem, at.driver, bytes[1]) ||
	    !vq_inside(&mem, at.device, bytes[2]))
		return VQ_E_RANGE;
	*a = (struct vq_areas){ mem, at, vq_at(&mem, at.desc, 0), vq_at(&mem, at.driver, 0),
				vq_at(&mem, at.device, 0), slots };
	return 0;
}

/* All slots free, in the order of the ring. */
static void slots_reset(const struct vq_areas *a)
{
	for (uint16_t i = 0; i < a->at.size; i++)
		a->slots[i] = (struct vq_slot){ .next = (uint16_t)(i + 1 == a->at.size ? 0 : i + 1) };
}

/* -- the driver's side -- */

int vq_driver_init(struct vq_driver *drv, struct vq_mem mem, struct vq_layout at, struct vq_slot *slots)
{
	struct vq_areas a;
	const int rc = areas_init(&a, mem, at, slots);
	if (rc)
		return rc;
	drv->a = a;
	return vq_driver_reset(drv);
}

int vq_driver_reset(struct vq_driver *drv)
{
	const struct vq_areas a = drv->a;
	size_t bytes[3] = { 0, 0, 0 };
	(void)vq_area_bytes(a.at.size, a.at.features, bytes);
	memset(a.desc, 0, bytes[0]);
	memset(a.driver, 0, bytes[1]);
	memset(a.device, 0, bytes[2]);
	slots_reset(&a);
	/* Epochs start at 1: a slot's 0 is never the current one. Wrap counters start at 1 (2.8.1). */
	*drv = (struct vq_driver){ .a = a, .epoch = 1, .free_tail = (uint16_t)(a.at.size - 1),
				   .free = a.at.size, .avail_wrap = 1, .used_wrap = 1 };
	return 0;
}

static int driver_add(struct vq_driver *drv, const struct vq_seg *segs, uint16_t readable, uint16_t writable,
		      uint64_t token, uint16_t flags)
{
	return vq_has(&drv->a, VQ_F_PACKED) ? vq_packed_add(drv, segs, readable, writable, token, flags) :
					      vq_split_add(drv, segs, readable, writable, token, flags);
}

int vq_driver_add(struct vq_driver *drv, const struct vq_seg *segs, uint16_t readable, uint16_t writable,
		  uint64_t token)
{
	return driver_add(drv, segs, readable, writable, token, 0);
}

/* An indirect table: chained by `next` when split, one after the other when packed (2.7.5.3, 2.8.8). */
static void write_table(uint8_t *table, bool packed, const struct vq_seg *segs, uint32_t readable,
			uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const bool more = i + 1 < count && !packed;
		struct vq_desc d = { segs[i].addr, segs[i].len, 0, (uint16_t)(more ? i + 1 : 0) };
		d.flags = (uint16_t)((more ? VQ_DESC_NEXT : 0) | (i >= readable ? VQ_DESC_WRITE : 0));
		if (packed)
			vq_store_packed(table + VQ_DESC_BYTES * i, d);
		else
			vq_store_split(table + VQ_DESC_BYTES * i, d);
	}
}

int vq_driver_add_indirect(struct vq_driver *drv, uint64_t table, const struct vq_seg *segs,
			   uint16_t readable, uint16_t writable, uint64_t token)
{
	const uint32_t count = (uint32_t)readable + writable;
	const struct vq_seg whole = { table, VQ_DESC_BYTES * count };
	uint32_t writable_bytes = 0;
	if (!vq_has(&drv->a, VQ_F_INDIRECT))
		return VQ_E_FEATURE;
	int rc = vq_check_count(&drv->a, count);
	if (rc)
		return rc;
	if (table % 16)
		return VQ_E_ALIGN;
	uint8_t *const bytes = vq_at(&drv->a.mem, table, whole.len);
	if (!bytes)
		return VQ_E_RANGE;
	rc = vq_check_segs(&drv->a, segs, readable, count, &writable_bytes);
	if (rc)
		return rc;
	if (drv->free == 0)
		return VQ_E_FULL;
	write_table(bytes, vq_has(&drv->a, VQ_F_PACKED), segs, readable, count);
	const int id = driver_add(drv, &whole, 1, 0, token, VQ_DESC_INDIRECT);
	drv->a.slots[id].writable = writable_bytes; /* of what the table refers to */
	return id;
}

int vq_driver_publish(struct vq_driver *drv)
{
	if (drv->hidden == 0)
		return 0;
	if (vq_has(&drv->a, VQ_F_PACKED))
		vq_packed_driver_publish(drv);
	else
		vq_split_driver_publish(drv);
	drv->hidden = 0;
	drv->epoch++;
	return 0;
}

int vq_driver_notify(struct vq_driver *drv)
{
	const uint64_t since = drv->since;
	(void)vq_driver_publish(drv);
	drv->since = 0;
	if (since == 0)
		return 0;
	vq_full_barrier(); /* pairs with the one in vq_*_enable_avail(): 2.7.13.4.1, 2.8.21.3.1 */
	return vq_has(&drv->a, VQ_F_PACKED) ? vq_packed_driver_wanted(drv, since) :
					      vq_split_driver_wanted(drv, since);
}

int vq_driver_get_used(struct vq_driver *drv, struct vq_used *used)
{
	return vq_has(&drv->a, VQ_F_PACKED) ? vq_packed_get_used(drv, used) : vq_split_get_used(drv, used);
}

int vq_driver_disable_used(struct vq_driver *drv)
{
	if (vq_has(&drv->a, VQ_F_PACKED))
		vq_packed_disable_used(drv);
	else
		vq_split_disable_used(drv);
	return 0;
}

int vq_driver_enable_used(struct vq_driver *drv)
{
	return vq_driver_enable_used_after(drv, 0);
}

int vq_driver_enable_used_after(struct vq_driver *drv, uint16_t more)
{
	return vq_has(&drv->a, VQ_F_PACKED) ? vq_packed_enable_used(drv, more) :
					      vq_split_enable_used(drv, more);
}

int vq_driver_detach(struct vq_driver *drv, struct vq_used *used)
{
	while (drv->detached < drv->a.at.size) {
		const uint16_t id = drv->detached++;
		struct vq_slot *const slot = &drv->a.slots[id];
		if (slot->count == 0)
			continue;
		*used = (struct vq_used){ slot->token, id, 0 };
		slot->count = 0;
		return 1;
	}
	return 0;
}

/* -- the device's side -- */

int vq_device_init(struct vq_device *dev, struct vq_mem mem, struct vq_layout at, struct vq_slot *slots)
{
	struct vq_areas a;
	const int rc = areas_init(&a, mem, at, slots);
	if (rc)
		return rc;
	dev->a = a;
	return vq_device_reset(dev);
}

int vq_device_reset(struct vq_device *dev)
{
	const struct vq_areas a = dev->a;
	slots_reset(&a);
	*dev = (struct vq_device){ .a = a, .avail_wrap = 1, .used_wrap = 1 };
	return 0;
}

int vq_device_pop(struct vq_device *dev, struct vq_chain *chain)
{
	return vq_has(&dev->a, VQ_F_PACKED) ? vq_packed_pop(dev, chain) : vq_split_pop(dev, chain);
}

/* Forgets a buffer that was taken: the descriptors that it had in the ring. */
static uint16_t give_back(struct vq_device *dev, uint16_t handle)
{
	struct vq_slot *const slot = &dev->a.slots[handle];
	const uint16_t count = slot->count;
	slot->count = 0;
	dev->taken--;
	if (vq_has(&dev->a, VQ_F_PACKED)) {
		slot->next = dev->free_head;
		dev->free_head = handle;
		dev->in_flight = (uint16_t)(dev->in_flight - count);
	}
	return count;
}

/* 2.7.9, 2.8.12: one used entry stands for a whole batch, and ring positions are skipped. */
static uint16_t give_back_before(struct vq_device *dev, uint16_t handle)
{
	uint16_t steps = 0;
	while (dev->oldest != handle) {
		const uint16_t skipped = dev->oldest;
		dev->oldest = dev->a.slots[skipped].next;
		steps = (uint16_t)(steps + give_back(dev, skipped));
	}
	return steps;
}

int vq_device_push(struct vq_device *dev, uint16_t handle, uint32_t len)
{
	if (handle >= dev->a.at.size || dev->a.slots[handle].count == 0)
		return VQ_E_ID;
	if (len > dev->a.slots[handle].writable)
		return VQ_E_LEN;
	uint16_t steps = vq_has(&dev->a, VQ_F_IN_ORDER) ? give_back_before(dev, handle) : 0;
	dev->oldest = dev->a.slots[handle].next;
	steps = (uint16_t)(steps + give_back(dev, handle));
	dev->since += steps;
	const uint16_t id = dev->a.slots[handle].last;
	return vq_has(&dev->a, VQ_F_PACKED) ? vq_packed_push(dev, id, len, steps) :
					      vq_split_push(dev, id, len, steps);
}

int vq_device_publish(struct vq_device *dev)
{
	if (dev->hidden == 0)
		return 0;
	if (vq_has(&dev->a, VQ_F_PACKED))
		vq_packed_device_publish(dev);
	else
		vq_split_device_publish(dev);
	dev->hidden = 0;
	return 0;
}

int vq_device_notify(struct vq_device *dev)
{
	const uint64_t since = dev->since;
	(void)vq_device_publish(dev);
	dev->since = 0;
	if (since == 0)
		return 0;
	vq_full_barrier(); /* pairs with the one in vq_*_enable_used(): 2.7.14, 2.8.22 */
	return vq_has(&dev->a, VQ_F_PACKED) ? vq_packed_device_wanted(dev, since) :
					      vq_split_device_wanted(dev, since);
}

int vq_device_disable_avail(struct vq_device *dev)
{
	if (vq_has(&dev->a, VQ_F_PACKED))
		vq_packed_disable_avail(dev);
	else
		vq_split_disable_avail(dev);
	return 0;
}

int vq_device_enable_avail(struct vq_device *dev)
{
	return vq_has(&dev->a, VQ_F_PACKED) ? vq_packed_enable_avail(dev) : vq_split_enable_avail(dev);
}
