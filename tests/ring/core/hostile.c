/* hostile.c: what the other side may write, the error that it deserves, and that nothing has changed. */
#include "check.h"

/* A call that must fail, and leave guest memory and both sides as they were. */
static void fails(struct rig *r, int (*call)(struct rig *), int err, int line)
{
	const struct vq_driver drv = r->drv;
	const struct vq_device dev = r->dev;
	uint8_t *const memory = malloc(0x3000);
	memcpy(memory, r->mem.bytes, 0x3000);
	expect(call(r), err, "the error", __FILE__, line);
	expect(memcmp(memory, r->mem.bytes, 0x3000), 0, "guest memory", __FILE__, line);
	expect(memcmp(&drv, &r->drv, sizeof drv), 0, "the driver", __FILE__, line);
	expect(memcmp(&dev, &r->dev, sizeof dev), 0, "the device", __FILE__, line);
	free(memory);
}
#define FAILS(call, err) fails(&r, call, err, __LINE__)

static void split_desc(struct rig *r, unsigned i, uint64_t addr, uint32_t len, unsigned flags, unsigned next)
{
	vq_store_split(r->drv.a.desc + 16 * i,
		       (struct vq_desc){ addr, len, (uint16_t)flags, (uint16_t)next });
}

static void packed_desc(struct rig *r, unsigned i, uint64_t addr, uint32_t len, unsigned flags, unsigned id)
{
	vq_store_packed(r->drv.a.desc + 16 * i,
			(struct vq_desc){ addr, len, (uint16_t)flags, (uint16_t)id });
}

static void split_avail(struct rig *r, uint16_t idx, uint16_t head)
{
	vq_store16(r->drv.a.driver + 2, idx);
	vq_store16(r->drv.a.driver + 4, head);
}

/* The descriptor and the index that a hostile driver offers to a device of 4 entries. */
static void test_split_chains(void)
{
	enum { N = VQ_DESC_NEXT, W = VQ_DESC_WRITE, I = VQ_DESC_INDIRECT };
	static const struct {
		uint64_t addr;
		uint32_t len;
		uint16_t flags, next, head;
		int err;
	} rows[] = {
		{ DATA, 8, 0, 0, 4, VQ_E_INDEX },      { DATA, 8, 0, 0, 65535, VQ_E_INDEX },
		{ DATA, 8, N, 4, 0, VQ_E_INDEX },      { DATA, 8, N, 0, 0, VQ_E_LOOP },
		{ DATA, 8, N, 1, 0, VQ_E_LOOP },       { DATA, 0, 0, 0, 0, VQ_E_EMPTY },
		{ GPA - 1, 8, 0, 0, 0, VQ_E_RANGE },   { GPA + (1 << 21) - 7, 8, 0, 0, 0, VQ_E_RANGE },
		{ UINT64_MAX, 8, W, 0, 0, VQ_E_RANGE }, { DATA, UINT32_MAX, 0, 0, 0, VQ_E_RANGE },
		{ 0, 8, 0, 0, 0, VQ_E_RANGE },         { DATA, 8, N | W, 2, 0, VQ_E_ORDER },
		{ DATA, 8, I, 0, 0, VQ_E_INDIRECT },   { DATA, 0, I, 0, 0, VQ_E_INDIRECT },
		{ DATA, 16, I | N, 2, 0, VQ_E_INDIRECT }, { DATA, 24, I, 0, 0, VQ_E_INDIRECT },
		{ GPA + (1 << 21) - 16, 32, I, 0, 0, VQ_E_RANGE }, { GPA + 0x2000, 16, I, 0, 0, VQ_E_INDIRECT },
		{ GPA + 0x2010, 16, I, 0, 0, VQ_E_INDEX }, { GPA + 0x2020, 32, I, 0, 0, VQ_E_LOOP },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct rig r;
		rig_open(&r, 4, VQ_F_INDIRECT);
		split_desc(&r, 0, rows[i].addr, rows[i].len, rows[i].flags, rows[i].next);
		split_desc(&r, 1, DATA, 1, N, 0);
		split_desc(&r, 2, DATA, 1, 0, 0);
		uint8_t *const tables = r.mem.bytes + 0x2000;
		vq_store_split(tables, (struct vq_desc){ DATA, 16, I, 0 });     /* in another */
		vq_store_split(tables + 16, (struct vq_desc){ DATA, 16, N, 1 }); /* beyond its end */
		vq_store_split(tables + 32, (struct vq_desc){ DATA, 16, N, 1 });
		vq_store_split(tables + 48, (struct vq_desc){ DATA, 16, N, 0 }); /* loops */
		split_avail(&r, 1, rows[i].head);
		FAILS(rig_pop, rows[i].err);
		split_desc(&r, 0, DATA, 8, 0, 0);
		split_avail(&r, 1, 0);
		IS(rig_pop(&r), 1); /* nothing was lost by looking */
		rig_close(&r);
	}
}

static void test_split_not_negotiated(void)
{
	struct rig r;
	rig_open(&r, 4, 0);
	vq_store_split(vq_at(&r.mem, DATA, 16), (struct vq_desc){ DATA, 1, 0, 0 }); /* nothing wrong there */
	split_desc(&r, 0, DATA, 16, VQ_DESC_INDIRECT, 0);
	split_avail(&r, 1, 0);
	FAILS(rig_pop, VQ_E_INDIRECT);
	rig_close(&r);
}

static void test_split_jumps(void)
{
	struct rig r;
	rig_open(&r, 4, 0);
	split_desc(&r, 0, DATA, 8, 0, 0);
	split_avail(&r, 5, 0);
	FAILS(rig_pop, VQ_E_JUMP);
	split_avail(&r, 65535, 0);
	FAILS(rig_pop, VQ_E_JUMP);
	split_avail(&r, 4, 0);
	IS(rig_pop(&r), 1);
	vq_store16(r.drv.a.driver + 6, 0);
	FAILS(rig_pop, VQ_E_ID); /* the same head twice */
	for (uint16_t i = 1; i < 4; i++) {
		split_desc(&r, i, DATA, 8, 0, 0);
		vq_store16(r.drv.a.driver + 4 + 2 * i, i);
		IS(rig_pop(&r), 1);
	}
	split_avail(&r, 5, 0);
	FAILS(rig_pop, VQ_E_JUMP); /* all four are taken */
	IS(vq_device_push(&r.dev, 0, 0), 0);
	FAILS(rig_pop, VQ_E_JUMP); /* not before the driver can know */
	IS(vq_device_publish(&r.dev), 0);
	IS(rig_pop(&r), 1);
	rig_close(&r);
}

/* A table may lie at any address. */
static void test_unaligned_table(uint16_t packed)
{
	struct rig r;
	rig_open(&r, 4, VQ_F_INDIRECT | packed);
	const uint64_t table = GPA + 0x2003;
	static const uint8_t bytes[16] = { 0, 0, 0x1c, 0, 1, 0, 0, 0, 9, 0, 0, 0 }; /* DATA, 9 */
	memcpy(vq_at(&r.mem, table, 16), bytes, 16);
	if (packed) {
		packed_desc(&r, 0, table, 16, VQ_DESC_INDIRECT | VQ_DESC_AVAIL, 3);
	} else {
		split_desc(&r, 0, table, 16, VQ_DESC_INDIRECT | VQ_DESC_WRITE, 0); /* 2.7.5.3.2: ignored */
		split_avail(&r, 1, 0);
	}
	IS(rig_pop(&r), 1);
	IS(r.segs[0].addr, DATA);
	IS(r.segs[0].len, 9);
	IS(r.chain.readable, 1);
	rig_close(&r);
}

static void test_split_used(void)
{
	struct rig r;
	rig_open(&r, 4, 0);
	uint8_t *const used = r.drv.a.device;
	IS(rig_add(&r, 1, 1, 1), 0);
	IS(rig_add(&r, 1, 0, 2), 2);
	IS(vq_driver_publish(&r.drv), 0);
	IS(rig_add(&r, 1, 0, 3), 3);
	vq_store16(used + 2, 3);
	FAILS(rig_get, VQ_E_JUMP); /* two were published */
	vq_store16(used + 2, 65535);
	FAILS(rig_get, VQ_E_JUMP);
	vq_store16(used + 2, 2);
	static const struct {
		uint32_t id, len;
		int err;
	} rows[] = {
		{ 4, 0, VQ_E_ID }, { 1, 0, VQ_E_ID }, { 3, 0, VQ_E_ID }, { 65536, 0, VQ_E_ID },
		{ UINT32_MAX, 0, VQ_E_ID }, { 0, 10, VQ_E_LEN }, { 2, 1, VQ_E_LEN },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		vq_store32(used + 4, rows[i].id);
		vq_store32(used + 8, rows[i].len);
		FAILS(rig_get, rows[i].err);
	}
	vq_store32(used + 4, 0);
	vq_store32(used + 8, 9);
	IS(rig_get(&r), 1);
	IS(r.used.len, 9);
	FAILS(rig_get, VQ_E_ID); /* entry 1 still says 0, which is back */
	rig_close(&r);
}

/* An index that ends within a batch. */
static void test_split_torn_batch(void)
{
	struct rig r;
	rig_open(&r, 4, VQ_F_IN_ORDER);
	for (uint64_t n = 0; n < 3; n++)
		IS(rig_add(&r, 1, 0, n), n);
	IS(vq_driver_publish(&r.drv), 0);
	vq_store32(r.drv.a.device + 4, 2);
	vq_store16(r.drv.a.device + 2, 2);
	IS(rig_get(&r), 1);
	IS(rig_get(&r), 1);
	FAILS(rig_get, VQ_E_JUMP);
	vq_store16(r.drv.a.device + 2, 3);
	IS(rig_get(&r), 1);
	IS(r.used.token, 2);
	rig_close(&r);
}

static void test_packed_chains(void)
{
	enum { N = VQ_DESC_NEXT, W = VQ_DESC_WRITE, I = VQ_DESC_INDIRECT, A = VQ_DESC_AVAIL };
	static const struct {
		uint64_t addr;
		uint32_t len;
		uint16_t flags;
		int err;
	} rows[] = {
		{ DATA, 0, A, VQ_E_EMPTY },        { GPA - 1, 8, A, VQ_E_RANGE },
		{ DATA, 1 << 21, A, VQ_E_RANGE },  { DATA, 8, A | N | W, VQ_E_ORDER },
		{ DATA, 16, A | I | N, VQ_E_INDIRECT }, { DATA, 17, A | I, VQ_E_INDIRECT },
		{ DATA, 0, A | I, VQ_E_INDIRECT }, { 0, 16, A | I, VQ_E_RANGE },
		{ DATA, 16 * 6, A | I, VQ_E_LOOP },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct rig r;
		rig_open(&r, 5, VQ_F_PACKED | VQ_F_INDIRECT);
		for (unsigned k = 0; k < 6; k++)
			vq_store_packed(vq_at(&r.mem, DATA + 16 * k, 16), (struct vq_desc){ DATA, 1, 0, 0 });
		packed_desc(&r, 1, DATA, 8, A, 1);
		packed_desc(&r, 0, rows[i].addr, rows[i].len, rows[i].flags, 1);
		FAILS(rig_pop, rows[i].err);
		packed_desc(&r, 0, DATA, 8, A, 60000); /* an id may be anything */
		IS(rig_pop(&r), 1);
		IS(r.chain.id, 60000);
		rig_close(&r);
	}
}

static void test_packed_jumps(void)
{
	struct rig r;
	rig_open(&r, 3, VQ_F_PACKED);
	packed_desc(&r, 0, DATA, 8, VQ_DESC_AVAIL | VQ_DESC_USED, 0);
	IS(rig_pop(&r), 0); /* used, not available */
	for (unsigned i = 0; i < 3; i++)
		packed_desc(&r, i, DATA, 8, VQ_DESC_AVAIL | VQ_DESC_NEXT, i);
	FAILS(rig_pop, VQ_E_LOOP);
	packed_desc(&r, 0, DATA, 8, VQ_DESC_AVAIL, 0);
	packed_desc(&r, 1, DATA, 8, VQ_DESC_AVAIL, 0);
	IS(rig_pop(&r), 1);
	IS(rig_pop(&r), 1); /* the same id twice is the driver's affair */
	packed_desc(&r, 2, DATA, 8, VQ_DESC_AVAIL | VQ_DESC_NEXT, 2);
	FAILS(rig_pop, VQ_E_LOOP); /* into what is taken */
	packed_desc(&r, 2, DATA, 8, VQ_DESC_AVAIL, 2);
	IS(rig_pop(&r), 1);
	packed_desc(&r, 0, DATA, 8, VQ_DESC_USED, 0); /* available on the next lap */
	FAILS(rig_pop, VQ_E_JUMP);
	IS(vq_device_push(&r.dev, 2, 0), 0);
	FAILS(rig_pop, VQ_E_JUMP); /* not before the driver can know */
	rig_close(&r);
}

static void test_packed_used(void)
{
	struct rig r;
	rig_open(&r, 4, VQ_F_PACKED);
	enum { A = VQ_DESC_AVAIL, U = VQ_DESC_USED, W = VQ_DESC_WRITE };
	IS(rig_add(&r, 1, 1, 1), 0);
	IS(vq_driver_publish(&r.drv), 0);
	IS(rig_add(&r, 1, 0, 2), 1);
	static const struct {
		uint16_t id, flags;
		uint32_t len;
		int answer;
	} rows[] = {
		{ 4, A | U | W, 0, VQ_E_ID },  { 65535, A | U, 0, VQ_E_ID }, { 2, A | U | W, 0, VQ_E_ID },
		{ 1, A | U, 0, VQ_E_ID },      { 0, A | U | W, 10, VQ_E_LEN },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		packed_desc(&r, 0, 0, rows[i].len, rows[i].flags, rows[i].id);
		FAILS(rig_get, rows[i].answer);
	}
	packed_desc(&r, 0, 0, 9, U, 0);
	IS(rig_get(&r), 0);
	packed_desc(&r, 0, 0, 9, 0, 0);
	IS(rig_get(&r), 0);
	packed_desc(&r, 0, 0, 1000, A | U, 0); /* 2.8.5: without WRITE the length is ignored */
	IS(rig_get(&r), 1);
	IS(r.used.len, 0);
	rig_close(&r);
}

void test_hostile(void)
{
	test_split_chains();
	test_split_not_negotiated();
	test_split_jumps();
	test_unaligned_table(0);
	test_unaligned_table(VQ_F_PACKED);
	test_split_used();
	test_split_torn_batch();
	test_packed_chains();
	test_packed_jumps();
	test_packed_used();
}
