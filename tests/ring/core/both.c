/* both.c: what holds for both kinds of queue, and for every legal size. */
#include "check.h"

static void test_need_event(void)
{
	IS(vq_need_event(0, 1, 0), 1);
	IS(vq_need_event(1, 1, 0), 0);
	IS(vq_need_event(65535, 0, 65535), 1);
	IS(vq_need_event(65535, 0, 0), 0);
	IS(vq_need_event(5, 5, 5), 0);
	IS(vq_need_event(4, 6, 3), 1);
	IS(vq_need_event(2, 6, 3), 0);
}

static void test_arguments(void)
{
	size_t bytes[3];
	IS(vq_area_bytes(0, 0, bytes), VQ_E_SIZE);
	IS(vq_area_bytes(3, 0, bytes), VQ_E_SIZE);
	IS(vq_area_bytes(32769, VQ_F_PACKED, bytes), VQ_E_SIZE);
	IS(vq_area_bytes(0, VQ_F_PACKED, bytes), VQ_E_SIZE);
	IS(vq_area_bytes(4, 16, bytes), VQ_E_FEATURE);
	IS(vq_area_bytes(4, 0, bytes), 0);
	IS(bytes[0], 64);
	IS(bytes[1], 14);
	IS(bytes[2], 38);
	IS(vq_area_bytes(32767, VQ_F_PACKED, bytes), 0);
	IS(bytes[0], 32767 * 16);
	IS(bytes[1], 4);
	IS(bytes[2], 4);
	IS(vq_slots_bytes(2), 2 * sizeof(struct vq_slot));
	for (int e = 0; e >= VQ_E_FEATURE - 1; e--)
		IS(vq_strerror(e) != NULL && *vq_strerror(e), 1);
	IS(strcmp(vq_strerror(VQ_E_FEATURE - 1), vq_strerror(1)), 0);
}

static void test_init(uint16_t packed)
{
	struct rig r;
	rig_open(&r, 4, packed);
	static const struct {
		int64_t desc, driver, device;
		int answer;
	} rows[] = {
		{ 8, 0, 0, VQ_E_ALIGN },  { 0, 1, 0, VQ_E_ALIGN },        { 0, 0, 2, VQ_E_ALIGN },
		{ -8192, 0, 0, VQ_E_RANGE }, { 0, 1 << 21, 0, VQ_E_RANGE }, { 0, 0, -8192, VQ_E_RANGE },
		{ 16, 0, 0, 0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct vq_layout at = r.at;
		at.desc += (uint64_t)rows[i].desc;
		at.driver += (uint64_t)rows[i].driver;
		at.device += (uint64_t)rows[i].device;
		IS(vq_driver_init(&r.drv, r.mem, at, r.drv_slots), rows[i].answer);
		IS(vq_device_init(&r.dev, r.mem, at, r.dev_slots), rows[i].answer);
	}
	struct vq_layout at = r.at;
	at.driver += 2;
	IS(vq_driver_init(&r.drv, r.mem, at, r.drv_slots), packed ? VQ_E_ALIGN : 0);
	at = r.at;
	at.desc = GPA + r.mem.len - 48;
	IS(vq_driver_init(&r.drv, r.mem, at, r.drv_slots), VQ_E_RANGE);
	at.desc = GPA + r.mem.len - 64;
	IS(vq_driver_init(&r.drv, r.mem, at, r.drv_slots), 0);
	struct vq_mem odd = r.mem;
	odd.bytes += 8;
	odd.len -= 8;
	IS(vq_driver_init(&r.drv, odd, r.at, r.drv_slots), VQ_E_ALIGN);
	rig_close(&r);
}

static void test_at(void)
{
	struct rig r;
	rig_open(&r, 4, 0);
	IS(vq_at(&r.mem, GPA, 1 << 21) == r.mem.bytes, 1);
	IS(vq_at(&r.mem, GPA + 1, 1 << 21) == NULL, 1);
	IS(vq_at(&r.mem, GPA - 1, 1) == NULL, 1);
	IS(vq_at(&r.mem, GPA + 8, UINT64_MAX) == NULL, 1);
	IS(vq_at(&r.mem, UINT64_MAX, 2) == NULL, 1);
	rig_close(&r);
}

/* What a caller may not add. Nothing changes. */
static void test_refused(uint16_t features)
{
	struct rig r;
	rig_open(&r, 4, features);
	struct vq_seg s[5] = { { DATA, 1 }, { DATA, 1 }, { DATA, 1 }, { DATA, 1 }, { DATA, 1 } };
	const uint64_t table = DATA + 1024;
	IS(vq_driver_add(&r.drv, s, 0, 0, 0), VQ_E_EMPTY);
	IS(vq_driver_add(&r.drv, s, 5, 0, 0), VQ_E_LOOP);
	IS(vq_driver_add_indirect(&r.drv, table, s, 5, 0, 0), VQ_E_LOOP);
	IS(vq_driver_add_indirect(&r.drv, table, s, 0, 0, 0), VQ_E_EMPTY);
	IS(vq_driver_add_indirect(&r.drv, table + 8, s, 1, 0, 0), VQ_E_ALIGN);
	IS(vq_driver_add_indirect(&r.drv, GPA + (1 << 21) - 16, s, 2, 0, 0), VQ_E_RANGE);
	s[1].len = 0;
	IS(vq_driver_add(&r.drv, s, 1, 1, 0), VQ_E_EMPTY);
	IS(vq_driver_add_indirect(&r.drv, table, s, 1, 1, 0), VQ_E_EMPTY);
	s[1].len = 1 << 21;
	IS(vq_driver_add(&r.drv, s, 1, 1, 0), VQ_E_RANGE);
	s[1].len = 1;
	IS(r.drv.free, 4);
	IS(vq_driver_publish(&r.drv), 0);
	IS(rig_pop(&r), 0);
	IS(vq_driver_add(&r.drv, s, 2, 1, 0) >= 0, 1);
	IS(vq_driver_add(&r.drv, s, 2, 0, 0), VQ_E_FULL);
	IS(vq_driver_add(&r.drv, s, 1, 0, 0) >= 0, 1);
	IS(vq_driver_add_indirect(&r.drv, table, s, 1, 0, 0), VQ_E_FULL);
	r.drv.a.at.features = features & (uint16_t)~VQ_F_INDIRECT;
	IS(vq_driver_add_indirect(&r.drv, table, s, 1, 0, 0), VQ_E_FEATURE);
	rig_close(&r);
}

/* 2^32 bytes in all, and in writable ones what a used length can say (2.7.5.2). */
static void test_lengths(uint16_t packed)
{
	enum { MOST = 4096 };
	struct rig r;
	rig_open(&r, MOST, packed | VQ_F_INDIRECT);
	struct vq_seg *const s = malloc(MOST * sizeof *s);
	for (int i = 0; i < MOST; i++)
		s[i] = (struct vq_seg){ GPA, 1 << 20 };
	IS(vq_driver_add(&r.drv, s, MOST, 0, 0) >= 0, 1); /* exactly 2^32 */
	r.chain.segs = malloc(MOST * sizeof *s);
	r.chain.capacity = MOST;
	IS(vq_driver_publish(&r.drv), 0);
	IS(rig_pop(&r), 1);
	IS(r.chain.writable_bytes, 0);
	IS(vq_driver_reset(&r.drv), 0);
	IS(vq_device_reset(&r.dev), 0);
	IS(vq_driver_add(&r.drv, s, 0, MOST, 0), VQ_E_LEN);
	s[0].len++;
	IS(vq_driver_add(&r.drv, s, MOST, 0, 0), VQ_E_LEN);
	s[0].len -= 2;
	IS(vq_driver_add(&r.drv, s, 0, MOST, 0) >= 0, 1);
	IS(vq_driver_publish(&r.drv), 0);
	vq_store32(r.drv.a.desc + 8, 1 << 20); /* the driver changes its mind */
	IS(rig_pop(&r), VQ_E_LEN);
	vq_store32(r.drv.a.desc + 8, (1 << 20) - 1);
	IS(rig_pop(&r), 1);
	IS(r.chain.writable_bytes, UINT32_MAX);
	free(r.chain.segs);
	free(s);
	rig_close(&r);
}

/* Laps without number: every wrap of the ring, and of the 16-bit indices. */
static void test_sizes(uint16_t features)
{
	static const uint16_t sizes[] = { 1, 2, 3, 4, 5, 7, 8, 13, 64 };
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		const uint16_t size = sizes[i];
		if (!(features & VQ_F_PACKED) && size & (size - 1))
			continue;
		struct rig r;
		rig_open(&r, size, features);
		const unsigned rounds = size == 4 && features < VQ_F_INDIRECT ? 70000 : 300;
		for (unsigned n = 0; n < rounds; n++) {
			const uint16_t readable = (uint16_t)(n % (size < 4 ? size + 1u : 4));
			const uint16_t room = (uint16_t)(size < 4 ? size : 4);
			const uint16_t writable = (uint16_t)(readable == room ? 0 : 1 + n % (room - readable));
			rig_cycle(&r, readable, writable, n);
		}
		IS(r.drv.free, size);
		rig_close(&r);
	}
}

/* The largest queue, filled and emptied, out of order unless that is not allowed. */
static void test_full(uint16_t features, uint16_t size)
{
	struct rig r;
	rig_open(&r, size, features);
	uint16_t *const handles = malloc(2u * size);
	for (int lap = 0; lap < 3; lap++) {
		IS(vq_device_enable_avail(&r.dev), 0);
		IS(vq_driver_enable_used(&r.drv), 0);
		for (uint64_t n = 0; n < size; n++)
			IS(rig_add(&r, 0, 1, n) >= 0, 1);
		IS(rig_add(&r, 0, 1, 0), VQ_E_FULL);
		IS(vq_driver_notify(&r.drv), 1);
		for (unsigned n = 0; n < size; n++) {
			IS(rig_pop(&r), 1);
			handles[n] = r.chain.handle;
		}
		IS(rig_pop(&r), 0);
		for (unsigned n = 0; n < size; n++) {
			const unsigned back = features & VQ_F_IN_ORDER ? n : size - 1 - n;
			IS(vq_device_push(&r.dev, handles[back], 1 + back % 8), 0);
		}
		IS(vq_device_notify(&r.dev), 1);
		for (unsigned n = 0; n < size; n++) {
			const unsigned back = features & VQ_F_IN_ORDER ? n : size - 1 - n;
			IS(rig_get(&r), 1);
			IS(r.used.token, back);
			IS(r.used.len, 1 + back % 8);
		}
		IS(rig_get(&r), 0);
	}
	free(handles);
	rig_close(&r);
}

static void test_reset(uint16_t features)
{
	struct rig r;
	rig_open(&r, 4, features);
	for (uint64_t n = 0; n < 3; n++)
		rig_cycle(&r, 1, 0, n);
	IS(rig_add(&r, 1, 0, 10) >= 0, 1);
	IS(rig_add(&r, 1, 0, 11) >= 0, 1);
	IS(vq_driver_publish(&r.drv), 0);
	IS(rig_pop(&r), 1);
	uint64_t tokens = 0;
	int count = 0;
	while (vq_driver_detach(&r.drv, &r.used) == 1) {
		tokens += r.used.token;
		count++;
	}
	IS(count, 2);
	IS(tokens, 21);
	IS(vq_driver_reset(&r.drv), 0);
	IS(vq_device_reset(&r.dev), 0);
	for (size_t i = 0; i < 64; i++)
		IS(r.drv.a.desc[i], 0);
	IS(driver16(&r, 2), 0);
	IS(rig_pop(&r), 0);
	for (uint64_t n = 0; n < 9; n++)
		rig_cycle(&r, 2, 1, n);
	rig_close(&r);
}

/* A chain that does not fit the caller's array stays where it is. */
static void test_space(uint16_t features)
{
	struct rig r;
	rig_open(&r, 8, features);
	IS(rig_add(&r, 2, 1, 1) >= 0, 1);
	IS(vq_driver_publish(&r.drv), 0);
	r.chain.capacity = 2;
	IS(rig_pop(&r), VQ_E_SPACE);
	r.chain.capacity = 3;
	IS(rig_pop(&r), 1);
	IS(vq_device_push(&r.dev, r.chain.handle, 11), VQ_E_LEN);
	IS(vq_device_push(&r.dev, (uint16_t)(r.chain.handle + 1), 0), VQ_E_ID);
	IS(vq_device_push(&r.dev, 8, 0), VQ_E_ID);
	IS(vq_device_push(&r.dev, r.chain.handle, 10), 0);
	IS(vq_device_push(&r.dev, r.chain.handle, 10), VQ_E_ID);
	rig_close(&r);
}

/* Several at once, by tables; what is seen is what was meant. */
static void test_indirect(uint16_t features)
{
	struct rig r;
	rig_open(&r, 4, features | VQ_F_INDIRECT);
	for (uint64_t n = 0; n < 50; n++) {
		IS(rig_add_indirect(&r, 1, 2, n) >= 0, 1);
		IS(rig_add_indirect(&r, 0, 1, n + 100) >= 0, 1);
		IS(vq_driver_publish(&r.drv), 0);
		IS(rig_pop(&r), 1);
		IS(r.chain.readable, 1);
		IS(r.chain.writable_bytes, 19);
		IS(vq_device_push(&r.dev, r.chain.handle, 19), 0);
		IS(rig_pop(&r), 1);
		IS(r.chain.writable, 1);
		IS(vq_device_push(&r.dev, r.chain.handle, 1), 0);
		IS(vq_device_publish(&r.dev), 0);
		IS(rig_get(&r), 1);
		IS(r.used.token, n);
		IS(rig_get(&r), 1);
		IS(r.used.token, n + 100);
	}
	rig_close(&r);
}

void test_both(void)
{
	test_need_event();
	test_arguments();
	test_at();
	for (uint16_t f = 0; f < 16; f++) {
		test_init(f & VQ_F_PACKED);
		test_refused(f | VQ_F_INDIRECT);
		test_sizes(f);
		test_full(f, 256);
		test_reset(f);
		test_space(f);
		test_indirect(f);
	}
	test_lengths(0);
	test_lengths(VQ_F_PACKED);
	test_full(0, 32768);
	test_full(VQ_F_PACKED, 32768);
	test_full(VQ_F_PACKED | VQ_F_IN_ORDER, 32767);
}
