/* split.c: a split queue, byte for byte, and its notifications (virtio 1.3, 2.7). */
#include "check.h"

/* The fields of a descriptor. */
static void is_desc(const struct rig *r, unsigned i, uint64_t addr, uint32_t len, unsigned flags, unsigned next)
{
	const struct vq_desc d = vq_load_split(r->drv.a.desc + 16 * i);
	IS(d.addr, addr);
	IS(d.len, len);
	IS(d.flags, flags);
	IS(d.next_or_id, next);
}

static void test_bytes(void)
{
	struct rig r;
	rig_open(&r, 4, VQ_F_EVENT_IDX);
	IS(rig_add(&r, 1, 2, 77), 0);
	is_desc(&r, 0, DATA, 8, VQ_DESC_NEXT, 1);
	is_desc(&r, 1, DATA + 64, 9, VQ_DESC_NEXT | VQ_DESC_WRITE, 2);
	is_desc(&r, 2, DATA + 128, 10, VQ_DESC_WRITE, 0);
	IS(driver16(&r, 0), 0);
	IS(driver16(&r, 2), 0); /* not published */
	IS(rig_pop(&r), 0);
	IS(vq_driver_publish(&r.drv), 0);
	IS(driver16(&r, 2), 1);
	IS(driver16(&r, 4), 0);
	IS(rig_pop(&r), 1);
	IS(r.chain.handle, 0);
	IS(r.chain.writable_bytes, 19);
	IS(r.segs[2].addr, DATA + 128);
	IS(vq_device_push(&r.dev, 0, 19), 0);
	IS(device16(&r, 2), 0); /* not published */
	IS(rig_get(&r), 0);
	IS(vq_device_publish(&r.dev), 0);
	IS(device16(&r, 2), 1);
	IS(device16(&r, 4), 0);
	IS(device16(&r, 8), 19);
	IS(rig_get(&r), 1);
	IS(r.used.token, 77);
	IS(r.used.len, 19);
	/* The free list goes round: 3 is next, then 0 which was freed. */
	IS(rig_add(&r, 0, 2, 78), 3);
	is_desc(&r, 3, DATA, 8, VQ_DESC_NEXT | VQ_DESC_WRITE, 0);
	IS(driver16(&r, 6), 3);
	rig_close(&r);
}

static void test_indirect_bytes(void)
{
	struct rig r;
	rig_open(&r, 2, VQ_F_INDIRECT);
	const struct vq_seg segs[2] = { { DATA, 5 }, { DATA + 16, 6 } };
	IS(vq_driver_add_indirect(&r.drv, DATA + 256, segs, 1, 1, 1), 0);
	is_desc(&r, 0, DATA + 256, 32, VQ_DESC_INDIRECT, 0);
	const uint8_t *const table = vq_at(&r.mem, DATA + 256, 32);
	IS(vq_load32(table + 8), 5);
	IS(vq_load16(table + 12), VQ_DESC_NEXT);
	IS(vq_load16(table + 14), 1);
	IS(vq_load32(table + 24), 6);
	IS(vq_load16(table + 28), VQ_DESC_WRITE);
	IS(vq_load16(table + 30), 0);
	/* 2.7.5.3.2: descriptors may precede one that refers to a table. */
	vq_store_split(r.drv.a.desc + 16, (struct vq_desc){ DATA, 3, VQ_DESC_NEXT, 0 });
	vq_store16(r.drv.a.driver + 4, 1);
	IS(vq_driver_publish(&r.drv), 0);
	IS(rig_pop(&r), VQ_E_LOOP); /* 1 + 2 is longer than the queue: 2.7.5.1 */
	vq_store32(r.drv.a.desc + 8, 16);
	IS(rig_pop(&r), VQ_E_INDEX); /* the table is cut off, its NEXT is not */
	vq_store16(vq_at(&r.mem, DATA + 256, 32) + 12, 0);
	IS(rig_pop(&r), 1);
	IS(r.chain.readable, 2);
	IS(r.segs[1].len, 5);
	rig_close(&r);
}

/* 2.7.7.2, one row a decision: used_event, what was used before and now, whether a notification is due. */
static void test_event_idx(void)
{
	static const struct {
		uint16_t event, before, now;
		int due;
	} rows[] = {
		{ 0, 0, 1, 1 }, { 1, 0, 1, 0 }, { 1, 0, 2, 1 }, { 1, 0, 5, 1 }, { 2, 3, 5, 0 }, { 3, 3, 5, 1 },
		{ 4, 3, 5, 1 }, { 5, 3, 5, 0 }, { 65535, 0, 3, 0 }, { 65535, 2, 3, 0 }, { 6, 0, 8, 1 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct rig r;
		rig_open(&r, 8, VQ_F_EVENT_IDX);
		for (uint16_t n = 0; n < rows[i].now; n++) {
			IS(rig_add(&r, 1, 0, n) >= 0, 1);
			IS(vq_driver_publish(&r.drv), 0);
			IS(rig_pop(&r), 1);
			IS(vq_device_push(&r.dev, r.chain.handle, 0), 0);
			if (n + 1 == rows[i].before)
				IS(vq_device_notify(&r.dev) >= 0, 1);
		}
		vq_store16(r.drv.a.driver + 4 + 16, rows[i].event);
		IS(vq_device_notify(&r.dev), rows[i].due);
		IS(vq_device_notify(&r.dev), 0); /* nothing new */
		rig_close(&r);
	}
}

static void test_avail_event(void)
{
	struct rig r;
	rig_open(&r, 4, VQ_F_EVENT_IDX);
	IS(rig_add(&r, 1, 0, 0) >= 0, 1);
	IS(vq_driver_notify(&r.drv), 1);
	IS(rig_add(&r, 1, 0, 1) >= 0, 1);
	IS(vq_driver_notify(&r.drv), 0);
	IS(rig_pop(&r), 1);
	IS(vq_device_enable_avail(&r.dev), 1); /* there is another */
	IS(device16(&r, 4 + 32), 1);
	IS(rig_pop(&r), 1);
	IS(vq_device_enable_avail(&r.dev), 0);
	IS(device16(&r, 4 + 32), 2);
	IS(rig_add(&r, 1, 0, 2) >= 0, 1);
	IS(vq_driver_notify(&r.drv), 1);
	IS(vq_device_disable_avail(&r.dev), 0);
	IS(device16(&r, 4 + 32), 1);
	IS(device16(&r, 0), 0); /* 2.7.10: with EVENT_IDX the flags stay 0 */
	IS(rig_add(&r, 1, 0, 3) >= 0, 1);
	IS(vq_driver_notify(&r.drv), 0);
	rig_close(&r);
}

static void test_used_event(void)
{
	struct rig r;
	rig_open(&r, 8, VQ_F_EVENT_IDX);
	for (uint64_t n = 0; n < 6; n++)
		IS(rig_add(&r, 1, 0, n) >= 0, 1);
	IS(vq_driver_enable_used_after(&r.drv, 3), 0); /* nothing is published: nothing can come */
	IS(driver16(&r, 4 + 16), 0);
	IS(vq_driver_publish(&r.drv), 0);
	IS(vq_driver_enable_used_after(&r.drv, 3), 0);
	IS(driver16(&r, 4 + 16), 3);
	IS(vq_driver_enable_used_after(&r.drv, 99), 0);
	IS(driver16(&r, 4 + 16), 5);
	IS(rig_pop(&r), 1);
	IS(vq_device_push(&r.dev, r.chain.handle, 0), 0);
	IS(vq_device_notify(&r.dev), 0);
	IS(vq_driver_enable_used(&r.drv), 1); /* there is one already */
	IS(rig_get(&r), 1);
	IS(vq_driver_enable_used(&r.drv), 0);
	IS(driver16(&r, 4 + 16), 1);
	IS(vq_driver_disable_used(&r.drv), 0);
	IS(driver16(&r, 4 + 16), 0);
	IS(driver16(&r, 0), 0);
	rig_close(&r);
}

static void test_flags(void)
{
	struct rig r;
	rig_open(&r, 4, 0);
	IS(vq_driver_disable_used(&r.drv), 0);
	IS(driver16(&r, 0), 1);
	IS(vq_device_disable_avail(&r.dev), 0);
	IS(device16(&r, 0), 1);
	IS(rig_add(&r, 1, 0, 0) >= 0, 1);
	IS(vq_driver_notify(&r.drv), 0);
	IS(vq_device_enable_avail(&r.dev), 1);
	IS(device16(&r, 0), 0);
	IS(rig_add(&r, 1, 0, 1) >= 0, 1);
	IS(vq_driver_notify(&r.drv), 1);
	IS(rig_pop(&r), 1);
	IS(vq_device_push(&r.dev, r.chain.handle, 0), 0);
	IS(vq_device_notify(&r.dev), 0);
	IS(vq_driver_enable_used(&r.drv), 1);
	IS(driver16(&r, 0), 0);
	IS(rig_pop(&r), 1);
	IS(vq_device_push(&r.dev, r.chain.handle, 0), 0);
	IS(vq_device_notify(&r.dev), 1);
	/* 2.7.7.2: without EVENT_IDX used_event means nothing, and only bit 0 of the flags does. */
	vq_store16(r.drv.a.driver, 2);
	IS(rig_get(&r), 1);
	IS(rig_add(&r, 1, 0, 2) >= 0, 1);
	IS(vq_driver_publish(&r.drv), 0);
	IS(rig_pop(&r), 1);
	IS(vq_device_push(&r.dev, r.chain.handle, 0), 0);
	IS(vq_device_notify(&r.dev), 1);
	rig_close(&r);
}

/* More than 2^16 between two looks pass every event. */
static void test_long_silence(void)
{
	struct rig r;
	rig_open(&r, 2, VQ_F_EVENT_IDX);
	for (uint64_t n = 0; n < 65537; n++)
		rig_cycle(&r, 1, 1, n);
	vq_store16(r.drv.a.device + 4 + 16, 7);
	vq_store16(r.drv.a.driver + 4 + 4, 7);
	IS(vq_driver_notify(&r.drv), 1);
	IS(vq_device_notify(&r.dev), 1);
	rig_close(&r);
}

static void test_in_order_batch(void)
{
	struct rig r;
	rig_open(&r, 4, VQ_F_IN_ORDER);
	for (uint64_t n = 0; n < 4; n++)
		IS(rig_add(&r, 0, 1, n), n);
	IS(vq_driver_publish(&r.drv), 0);
	uint16_t handle[4];
	for (int i = 0; i < 4; i++) {
		IS(rig_pop(&r), 1);
		handle[i] = r.chain.handle;
	}
	IS(vq_device_push(&r.dev, handle[2], 3), 0);
	IS(vq_device_push(&r.dev, handle[1], 3), VQ_E_ID); /* used along with 2 */
	IS(vq_device_publish(&r.dev), 0);
	IS(device16(&r, 2), 3);
	IS(device16(&r, 4), 2); /* one entry, in the first place of the batch */
	const uint32_t lengths[3] = { 8, 8, 3 };
	for (unsigned i = 0; i < 3; i++) {
		IS(rig_get(&r), 1);
		IS(r.used.token, i);
		IS(r.used.len, lengths[i]); /* what was skipped counts as written in full: 2.7.9 */
	}
	IS(rig_get(&r), 0);
	rig_close(&r);
}

void test_split(void)
{
	test_bytes();
	test_indirect_bytes();
	test_event_idx();
	test_avail_event();
	test_used_event();
	test_flags();
	test_long_silence();
	test_in_order_batch();
}
