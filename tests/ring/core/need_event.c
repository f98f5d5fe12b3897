/* need_event.c: the decision of EVENT_IDX for all events and distances.
 *
 * For all 2^32 pairs of (event - old, new - old) modulo 2^16 the core says what the interval says:
 * event lies in [old, new). And the decision depends on these differences alone: each pair is asked
 * again at a shift of its own, so that all 2^48 triples are covered if shifts do not matter, and
 * shifts are sampled 2^32 times. */
#include <stdio.h>

#include "vq.c"

int main(void)
{
	uint32_t wrong = 0;
	for (uint32_t event = 0; event < 65536; event++) {
		for (uint32_t new_idx = 0; new_idx < 65536; new_idx++) {
			const uint32_t shift = event * 40503u + new_idx * 30011u;
			const int at_0 = vq_need_event((uint16_t)event, (uint16_t)new_idx, 0);
			const int moved = vq_need_event((uint16_t)(event + shift), (uint16_t)(new_idx + shift),
							(uint16_t)shift);
			wrong += at_0 != (event < new_idx) || at_0 != moved ? 1u : 0u;
		}
	}
	printf("%u of 2^32 pairs are decided otherwise\n", wrong);
	return wrong != 0;
}
