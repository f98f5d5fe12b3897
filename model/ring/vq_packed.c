/* vq_packed.c: the event suppression structures of a packed virtqueue (virtio 1.3, 2.8.10, 2.8.14). */
#include "vq_internal.h"

/* le16 desc { off : 15, wrap : 1 }, le16 flags { 2 bits }: read and written by one access, so that the
 * offset and the flags of two different moments never meet. */
int vq_packed_wanted(const struct vq_areas *a, const uint8_t *event, struct vq_pos now, uint64_t since)
{
	const uint32_t both = vq_load32(event);
	const uint32_t flags = both >> 16 & 3;
	if (flags == VQ_EVENT_DISABLE)
		return 0;
	if (flags != VQ_EVENT_DESC || !vq_has(a, VQ_F_EVENT_IDX))
		return 1; /* also for the reserved flags: a spurious notification does no harm */
	uint16_t off = both & 0x7fff;
	/* Of another lap: then it lies behind, as seen from `now`. Linux virtqueue_kick_prepare_packed(). */
	if ((both >> 15 & 1) != now.wrap)
		off = (uint16_t)(off - a->at.size);
	return vq_passed(off, now.at, since, a->at.size);
}

void vq_packed_set_event(uint8_t *event, enum vq_event_flag flag, struct vq_pos at)
{
	vq_store32(event, (uint32_t)flag << 16 | (uint32_t)at.wrap << 15 | at.at);
}
