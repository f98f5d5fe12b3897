/* packed.c: a packed queue, byte for byte, and its notifications (virtio 1.3, 2.8). */
#include "check.h"

#define A VQ_DESC_AVAIL
#define U VQ_DESC_USED
#define W VQ_DESC_WRITE
#define N VQ_DESC_NEXT

/* Length, id and flags of a descriptor. */
static void is_desc(const struct rig *r, unsigned i, uint32_t len, unsigned id, unsigned flags)
{
	const struct vq_desc d = vq_load_packed(r->drv.a.desc + 16 * i);
	IS(d.len, len);
	IS(d.next_or_id, id);
	IS(d.flags, flags);
}

static void test_bytes(void)
{
	struct rig r;
	rig_open(&r, 3, VQ_F_PACKED);
	IS(rig_add(&r, 1, 1, 5), 0);
	is_desc(&r, 0, 8, 0, 0); /* all but the first flags */
	is_desc(&r, 1, 9, 0, A | W);
	IS(rig_pop(&r), 0);
	IS(vq_driver_publish(&r.drv), 0);
	is_desc(&r, 0, 8, 0, A | N);
	IS(rig_pop(&r), 1);
	IS(r.chain.id, 0);
	IS(vq_device_push(&r.dev, r.chain.handle, 4), 0);
	is_desc(&r, 0, 4, 0, A | N); /* held back */
	IS(rig_get(&r), 0);
	IS(vq_device_publish(&r.dev), 0);
	is_desc(&r, 0, 4, 0, A | U | W);
	IS(rig_get(&r), 1);
	IS(r.used.token, 5);
	/* A chain over the end: the wrap counter flips within it (Linux 1ce9e6055fa0). */
	IS(rig_add(&r, 2, 0, 6), 1);
	IS(vq_driver_publish(&r.drv), 0);
	is_desc(&r, 2, 8, 1, A | N);
	is_desc(&r, 0, 9, 1, U);
	IS(rig_pop(&r), 1);
	IS(r.chain.id, 1);
	IS(r.chain.readable, 2);
	IS(vq_device_push(&r.dev, r.chain.handle, 0), 0);
	IS(vq_device_publish(&r.dev), 0);
	is_desc(&r, 2, 0, 1, A | U); /* no WRITE without bytes: 2.8.5 */
	IS(rig_get(&r), 1);
	IS(rig_add(&r, 0, 1, 7), 2);
	IS(vq_driver_publish(&r.drv), 0);
	is_desc(&r, 1, 8, 2, U | W);
	IS(rig_pop(&r), 1);
	IS(vq_device_push(&r.dev, r.chain.handle, 8), 0);
	IS(vq_device_publish(&r.dev), 0);
	is_desc(&r, 1, 8, 2, W); /* second lap: both bits clear */
	IS(rig_get(&r), 1);
	IS(r.used.token, 7);
	rig_close(&r);
}

/* Several chains become visible together, the first one last. */
static void test_batch(void)
{
	struct rig r;
	rig_open(&r, 5, VQ_F_PACKED);
	for (uint64_t n = 0; n < 5; n++)
		IS(rig_add(&r, 0, 1, n), n);
	is_desc(&r, 0, 8, 0, 0);
	is_desc(&r, 1, 8, 1, A | W);
	IS(rig_pop(&r), 0);
	IS(rig_add(&r, 0, 1, 9), VQ_E_FULL);
	IS(vq_driver_publish(&r.drv), 0);
	uint16_t handle[5];
	for (unsigned i = 0; i < 5; i++) {
		IS(rig_pop(&r), 1);
		handle[i] = r.chain.handle;
	}
	IS(vq_device_push(&r.dev, handle[3], 1), 0);
	IS(vq_device_push(&r.dev, handle[0], 2), 0);
	is_desc(&r, 0, 1, 3, A | W);
	is_desc(&r, 1, 2, 0, A | U | W);
	IS(rig_get(&r), 0);
	IS(vq_device_publish(&r.dev), 0);
	IS(rig_get(&r), 1);
	IS(r.used.token, 3);
	IS(rig_get(&r), 1);
	IS(r.used.token, 0);
	IS(rig_get(&r), 0);
	rig_close(&r);
}

static void test_indirect_bytes(void)
{
	struct rig r;
	rig_open(&r, 3, VQ_F_PACKED | VQ_F_INDIRECT);
	const struct vq_seg segs[2] = { { DATA, 5 }, { DATA + 16, 6 } };
	IS(vq_driver_add_indirect(&r.drv, DATA + 256, segs, 1, 1, 1), 0);
	IS(vq_driver_publish(&r.drv), 0);
	is_desc(&r, 0, 32, 0, A | VQ_DESC_INDIRECT);
	uint8_t *const table = vq_at(&r.mem, DATA + 256, 32);
	IS(vq_load16(table + 14), 0); /* no chain in a packed table: 2.8.8 */
	IS(vq_load16(table + 12), 0);
	IS(vq_load16(table + 30), W);
	/* Of the flags in a table only WRITE counts; the rest is reserved and ignored. */
	vq_store16(table + 14, N | VQ_DESC_INDIRECT | A);
	IS(rig_pop(&r), 1);
	IS(r.chain.readable, 1);
	IS(r.chain.writable, 1);
	IS(r.chain.writable_bytes, 6);
	rig_close(&r);
}

/* 2.8.10: flags, offset and wrap of an event; where the device stands; whether it has to notify. The
 * queue has 4 entries, and `since` buffers of one descriptor were used since the last look. */
static void test_events(void)
{
	static const struct {
		uint16_t flags, off, wrap, total, since;
		int due;
	} rows[] = {
		{ 0, 0, 0, 1, 1, 1 }, { 1, 0, 1, 1, 1, 0 }, { 3, 9, 0, 1, 1, 1 },
		{ 2, 0, 1, 1, 1, 1 }, { 2, 1, 1, 1, 1, 0 }, { 2, 1, 1, 2, 1, 1 }, { 2, 1, 1, 3, 1, 0 },
		{ 2, 3, 1, 4, 1, 1 }, { 2, 3, 1, 5, 2, 1 }, { 2, 3, 1, 5, 1, 0 }, { 2, 0, 0, 5, 1, 1 },
		{ 2, 0, 1, 5, 1, 0 }, { 2, 0, 0, 4, 4, 0 }, { 2, 2, 0, 6, 3, 0 }, { 2, 2, 0, 7, 3, 1 },
		{ 2, 3, 0, 9, 2, 1 }, { 2, 0, 1, 9, 1, 1 }, { 2, 0, 1, 9, 5, 1 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct rig r;
		rig_open(&r, 4, VQ_F_PACKED | VQ_F_EVENT_IDX);
		for (uint16_t n = 0; n < rows[i].total; n++) {
			if (n == rows[i].total - rows[i].since)
				IS(vq_device_notify(&r.dev) >= 0, 1);
			rig_cycle(&r, 1, 0, n);
		}
		vq_store16(r.drv.a.driver, (uint16_t)(rows[i].off | rows[i].wrap << 15));
		vq_store16(r.drv.a.driver + 2, rows[i].flags);
		IS(vq_device_notify(&r.dev), rows[i].due);
		IS(vq_device_notify(&r.dev), 0);
		rig_close(&r);
	}
}

static void test_event_bytes(void)
{
	struct rig r;
	rig_open(&r, 5, VQ_F_PACKED | VQ_F_EVENT_IDX);
	for (uint64_t n = 0; n < 3; n++)
		rig_cycle(&r, 1, 0, n);
	IS(vq_driver_disable_used(&r.drv), 0);
	IS(driver16(&r, 2), 1);
	IS(vq_driver_enable_used(&r.drv), 0);
	IS(driver16(&r, 0), 3 | 1 << 15);
	IS(driver16(&r, 2), 2);
	IS(rig_add(&r, 2, 2, 9) >= 0, 1);
	IS(vq_driver_enable_used_after(&r.drv, 3), 0); /* not published: nothing can come */
	IS(driver16(&r, 0), 3 | 1 << 15);
	IS(vq_driver_publish(&r.drv), 0);
	IS(vq_driver_enable_used_after(&r.drv, 3), 0);
	IS(driver16(&r, 0), 1); /* one lap on, the wrap bit is 0 */
	IS(vq_driver_enable_used_after(&r.drv, 99), 0);
	IS(driver16(&r, 0), 1);
	IS(vq_device_enable_avail(&r.dev), 1);
	IS(device16(&r, 0), 3 | 1 << 15);
	IS(rig_pop(&r), 1);
	IS(vq_device_enable_avail(&r.dev), 0);
	IS(device16(&r, 0), 2);
	IS(device16(&r, 2), 2);
	IS(vq_device_disable_avail(&r.dev), 0);
	IS(device16(&r, 2), 1);
	IS(vq_device_push(&r.dev, r.chain.handle, 1), 0);
	IS(vq_device_notify(&r.dev), 1); /* position 1 of the next lap was in the chain */
	IS(vq_driver_enable_used(&r.drv), 1);
	rig_close(&r);
}

/* Without EVENT_IDX the flag DESC is reserved, and enabling writes ENABLE. */
static void test_without_event_idx(void)
{
	struct rig r;
	rig_open(&r, 5, VQ_F_PACKED);
	rig_cycle(&r, 1, 0, 0);
	vq_store32(r.drv.a.driver, 2u << 16 | 3);
	IS(vq_device_notify(&r.dev), 1);
	IS(vq_driver_disable_used(&r.drv), 0);
	IS(vq_driver_enable_used_after(&r.drv, 2), 0);
	IS(driver16(&r, 2), 0);
	IS(vq_device_disable_avail(&r.dev), 0);
	IS(rig_add(&r, 1, 0, 1) >= 0, 1);
	IS(vq_driver_notify(&r.drv), 0);
	IS(vq_device_enable_avail(&r.dev), 1);
	IS(device16(&r, 2), 0);
	IS(rig_add(&r, 1, 0, 2) >= 0, 1);
	IS(vq_driver_notify(&r.drv), 1);
	rig_close(&r);
}

static void test_in_order_batch(void)
{
	struct rig r;
	rig_open(&r, 7, VQ_F_PACKED | VQ_F_IN_ORDER);
	IS(rig_add(&r, 1, 1, 0), 0);
	IS(rig_add(&r, 0, 3, 1), 1);
	IS(rig_add(&r, 0, 1, 2), 2);
	IS(vq_driver_publish(&r.drv), 0);
	uint16_t handle[3];
	for (int i = 0; i < 3; i++) {
		IS(rig_pop(&r), 1);
		handle[i] = r.chain.handle;
	}
	IS(vq_device_push(&r.dev, handle[1], 2), 0);
	IS(vq_device_push(&r.dev, handle[2], 1), 0);
	IS(vq_device_publish(&r.dev), 0);
	is_desc(&r, 0, 2, 1, A | U | W); /* the last of the batch, over the first descriptor of it: 2.8.12 */
	is_desc(&r, 5, 1, 2, A | U | W); /* 2 + 3 are skipped */
	const uint32_t lengths[3] = { 9, 2, 1 };
	for (unsigned i = 0; i < 3; i++) {
		IS(rig_get(&r), 1);
		IS(r.used.token, i);
		IS(r.used.len, lengths[i]);
		IS(vq_driver_enable_used(&r.drv), i < 2);
	}
	IS(rig_get(&r), 0);
	rig_close(&r);
}

void test_packed(void)
{
	test_bytes();
	test_batch();
	test_indirect_bytes();
	test_events();
	test_event_bytes();
	test_without_event_idx();
	test_in_order_batch();
}
