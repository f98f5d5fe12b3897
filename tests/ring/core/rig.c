/* rig.c: the queue of check.h, and main(). */
#include "check.h"

static long failures, checks;

void expect(long long is, long long wanted, const char *what, const char *file, int line)
{
	checks++;
	if (is == wanted)
		return;
	if (failures++ < 20)
		printf("%s:%d: %s is %lld, not %lld\n", file, line, what, is, wanted);
}

void rig_open(struct rig *rig, uint16_t size, uint16_t features)
{
	size_t bytes[3] = { 0, 0, 0 };
	memset(rig, 0, sizeof *rig);
	IS(vq_area_bytes(size, features, bytes), 0);
	rig->mem = (struct vq_mem){ aligned_alloc(64, 1 << 21), GPA, 1 << 21 };
	memset(rig->mem.bytes, 0xa5, rig->mem.len);
	rig->at = (struct vq_layout){ GPA + 0x1000, 0, 0, size, features };
	rig->at.driver = rig->at.desc + bytes[0];
	rig->at.device = (rig->at.driver + bytes[1] + 3) & ~UINT64_C(3);
	rig->drv_slots = malloc(vq_slots_bytes(size));
	rig->dev_slots = malloc(vq_slots_bytes(size));
	rig->chain = (struct vq_chain){ .segs = rig->segs, .capacity = 64 };
	IS(vq_driver_init(&rig->drv, rig->mem, rig->at, rig->drv_slots), 0);
	IS(vq_device_init(&rig->dev, rig->mem, rig->at, rig->dev_slots), 0);
}

void rig_close(struct rig *rig)
{
	free(rig->mem.bytes);
	free(rig->drv_slots);
	free(rig->dev_slots);
}

static void pieces(struct vq_seg *segs, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		segs[i] = (struct vq_seg){ DATA + 64 * i, 8 + i };
}

int rig_add(struct rig *rig, uint16_t readable, uint16_t writable, uint64_t token)
{
	struct vq_seg segs[64];
	pieces(segs, (unsigned)readable + writable);
	return vq_driver_add(&rig->drv, segs, readable, writable, token);
}

int rig_add_indirect(struct rig *rig, uint16_t readable, uint16_t writable, uint64_t token)
{
	struct vq_seg segs[64];
	pieces(segs, (unsigned)readable + writable);
	return vq_driver_add_indirect(&rig->drv, DATA + 0x10000 + 1024 * (token % 64), segs, readable, writable,
				      token);
}

int rig_pop(struct rig *rig)
{
	return vq_device_pop(&rig->dev, &rig->chain);
}

int rig_get(struct rig *rig)
{
	return vq_driver_get_used(&rig->drv, &rig->used);
}

void rig_cycle(struct rig *rig, uint16_t readable, uint16_t writable, uint64_t token)
{
	IS(rig_add(rig, readable, writable, token) >= 0, 1);
	IS(vq_driver_publish(&rig->drv), 0);
	IS(rig_pop(rig), 1);
	IS(rig->chain.readable, readable);
	IS(rig->chain.writable, writable);
	const uint32_t len = writable ? 1 + (uint32_t)(token % 8) : 0;
	IS(vq_device_push(&rig->dev, rig->chain.handle, len), 0);
	IS(vq_device_publish(&rig->dev), 0);
	IS(rig_get(rig), 1);
	IS(rig->used.token, token);
	IS(rig->used.len, len);
}

int main(int argc, char **argv)
{
	test_split();
	test_packed();
	test_both();
	test_hostile();
	if (argc > 1 && test_corpus(argv[1]))
		return 2;
	printf("%ld checks, %ld failures\n", checks, failures);
	return failures != 0;
}
