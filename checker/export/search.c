
/* From here on the same for every system: breadth first, each state once, in the order of the steps.
 *
 * States lie one after the other in `store`; `table` finds a state by its hash (open addressing, at
 * most half full); `parent` and `by` say how each was first reached. */

static uint64_t *store;
static uint32_t *parent, *table;
static uint16_t *by;
static uint64_t room, states, slots, most = UINT32_MAX - 1;
static int stops = 1;
static uint64_t found = UINT64_MAX;

static _Noreturn void give_up(int status, const char *why)
{
	printf("gave up: %s (%" PRIu64 " states)\n", why, states);
	exit(status);
}

static _Noreturn void beyond(const char *cell)
{
	printf("bug: `%s` leaves its bounds\n", cell);
	exit(70);
}

#define SOON 16u

#ifdef __GNUC__
#define FETCH(address) __builtin_prefetch(address)
#else
#define FETCH(address) ((void)(address))
#endif

static uint64_t hash(const uint64_t *s)
{
	uint64_t h = 0x9e3779b97f4a7c15u;

	for (int k = 0; k < WORDS; k++) {
		h = (h ^ s[k]) * 0xbf58476d1ce4e5b9u;
		h ^= h >> 29;
	}
	return h ^ h >> 32;
}

static int same(const uint64_t *a, const uint64_t *b)
{
	uint64_t other = 0;

	for (int k = 0; k < WORDS; k++)
		other |= a[k] ^ b[k];
	return other == 0;
}

static void *resized(void *old, uint64_t bytes)
{
	void *made = bytes > SIZE_MAX ? NULL : realloc(old, (size_t)bytes);

	if (made == NULL)
		give_up(4, "out of memory");
	return made;
}

static void grow(void)
{
	room = room ? 2 * room : 1 << 20;
	store = resized(store, room * WORDS * sizeof *store);
	parent = resized(parent, room * sizeof *parent);
	by = resized(by, room * sizeof *by);
	slots = 2 * room;
	free(table);
	table = calloc((size_t)slots, sizeof *table);
	if (table == NULL)
		give_up(4, "out of memory");
	for (uint64_t k = 0; k < states; k++) {
		uint64_t at = hash(store + k * WORDS) & (slots - 1);

		if (k + SOON < states)
			FETCH(table + (hash(store + (k + SOON) * WORDS) & (slots - 1)));
		while (table[at])
			at = (at + 1) & (slots - 1);
		table[at] = (uint32_t)k + 1;
	}
}

/* A state is looked up some states after it was made: its slot in the table, and then the state that
 * is there, are on their way from memory meanwhile. They are taken in the order in which they came. */

#define AHEAD (2 * SOON)

static struct {
	uint64_t s[WORDS], hash, from;
	unsigned step;
} coming[AHEAD];
static unsigned made, taken;

/* Nonzero if the search is over. */
static int take_one(void)
{
	const unsigned k = taken++ % AHEAD;
	const uint64_t *s = coming[k].s;
	uint64_t at = coming[k].hash & (slots - 1);

	for (; table[at]; at = (at + 1) & (slots - 1))
		if (same(store + (uint64_t)(table[at] - 1) * WORDS, s))
			return 0;
	if (states >= most)
		give_up(4, "too many states");
	memcpy(store + states * WORDS, s, WORDS * sizeof *s);
	parent[states] = (uint32_t)coming[k].from;
	by[states] = (uint16_t)coming[k].step;
	table[at] = (uint32_t)++states;
	if (found == UINT64_MAX && is_bad(s)) {
		found = states - 1;
		if (stops)
			return 1;
	}
	if (states == room)
		grow();
	return 0;
}

static int reach(const uint64_t *s, uint64_t from, unsigned step)
{
	const unsigned k = made++ % AHEAD, half = (made - SOON) % AHEAD;

	memcpy(coming[k].s, s, sizeof coming[k].s);
	coming[k].hash = hash(s);
	coming[k].from = from;
	coming[k].step = step;
	FETCH(table + (coming[k].hash & (slots - 1)));
	if (made - taken > SOON) {
		const uint32_t there = table[coming[half].hash & (slots - 1)];

		if (there)
			FETCH(store + (uint64_t)(there - 1) * WORDS);
	}
	return made - taken == AHEAD ? take_one() : 0;
}

static int take_all(void)
{
	int over = 0;

	while (taken != made && !over)
		over = take_one();
	return over;
}

static void visit(void)
{
	int over = reach(first_state, 0, 0) || take_all();

	for (uint64_t k = 0; !over; k++) {
		if (k == states && (take_all() || k == states))
			return;
		over = expand(store + k * WORDS, k);
	}
}

static uint32_t steps_to(uint64_t state)
{
	uint32_t n = 0;

	for (; state; state = parent[state])
		n++;
	return n;
}

static void tell(uint64_t state)
{
	uint32_t n = steps_to(state);
	uint16_t *run = resized(NULL, (n + 1) * sizeof *run);

	for (uint32_t k = n; k-- > 0; state = parent[state])
		run[k] = by[state];
	for (uint32_t k = 0; k < n; k++)
		printf("%4" PRIu32 "  %s\n", k + 1, step_name[run[k]]);
	free(run);
}

static uint32_t depth(void)
{
	uint32_t *at = resized(NULL, states * sizeof *at), deepest = 0;

	at[0] = 0;
	for (uint64_t k = 1; k < states; k++) {
		at[k] = at[parent[k]] + 1;
		deepest = at[k] > deepest ? at[k] : deepest;
	}
	free(at);
	return deepest;
}

int main(int argc, char **argv)
{
	struct timespec begun, ended;
	double seconds;

	for (int k = 1; k < argc; k++) {
		char *end = NULL;

		if (!strcmp(argv[k], "--all")) {
			stops = 0;
			continue;
		}
		if (!strcmp(argv[k], "--most") && k + 1 < argc)
			most = strtoull(argv[++k], &end, 10);
		if (end == NULL || *end || most == 0 || most >= UINT32_MAX) {
			fprintf(stderr, "usage: %s [--all] [--most STATES]\n", argv[0]);
			return 2;
		}
	}
	timespec_get(&begun, TIME_UTC);
	grow();
	visit();
	timespec_get(&ended, TIME_UTC);
	seconds = (double)(ended.tv_sec - begun.tv_sec) + 1e-9 * (double)(ended.tv_nsec - begun.tv_nsec);
	if (found != UINT64_MAX) {
		printf("violated after %" PRIu32 " steps\n", steps_to(found));
		tell(found);
	} else {
		printf("holds\n");
	}
	printf("instance: %s\nnot asked: whether a run goes on for ever\n", instance);
	printf("states: %" PRIu64 "\ndepth: %" PRIu32 "\nbits a state: %d\nseconds: %.3f\n", states,
	       depth(), 64 * WORDS, seconds);
	return found != UINT64_MAX;
}
