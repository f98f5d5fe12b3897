/* bulk.c: steps of a machine on bytes, lines and rings; see bulk.h, and machine.py for what is meant. */
#include "bulk.h"

#include <stdbool.h>
#include <string.h>

enum { ROUNDS = 24, MOST_SEEN = 64, DEPTH = 64, MOST_PASSED = 1000000 };
enum { COUNTED = 100000, UNHANDLED = 99900 }; /* note_interrupt(), kernel/irq/spurious.c */

/* Records, as table.py writes them; positions are in the table, cells in the state. */
struct head {
	int32_t agents, n_agents, sources, declining, generation;
};
struct agent {
	int32_t at, declined, number, first, locals, nodes, wake, wakes_by, line, chain, produces;
};
struct node {
	int32_t op, a, b, c, next, other, kind, ready;
};
struct line {
	int32_t kind, lowers, keeps, resample, latches, cells;
};
struct reg {
	int32_t at, width, shift, defined;
};
struct ring {
	int32_t packed, by_index, size, descriptors, avail, used, event, cells;
};
struct stores {
	int32_t cells, room;
};
enum line_kind { EDGE, LEVEL, VECTOR };

struct pin {
	int32_t driven, wire, masked, noted, latched, remote_irr;
	int32_t wanted, in_progress, irq_pending, disabled, killed, count, unhandled, ran, nobodys;
};
struct split {
	int32_t last_avail, used_idx, signalled, last_used, avail_idx;
};
struct packed {
	int32_t to_post, last_used, to_use, used, signalled;
};
struct store {
	int32_t address, size, word;
};

#define RECORD(type, m, at) ((const struct type *)((m)->table + (at)))
#define CELLS(type, m, at) ((struct type *)((m)->cells + (at)))

static unsigned get16(const uint8_t *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

static void put16(uint8_t *p, unsigned word)
{
	p[0] = (uint8_t)word;
	p[1] = (uint8_t)(word >> 8);
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static void put32(uint8_t *p, uint32_t word)
{
	put16(p, word & 0xFFFF);
	put16(p + 2, word >> 16);
}

/* Registers */

static uint32_t peek(const struct bulk *m, int32_t at)
{
	const struct reg *r = RECORD(reg, m, at);
	const uint8_t *p = m->bytes + r->at;
	const uint32_t word = r->width == 4 ? get32(p) : r->width ? p[0] : 0;
	return word >> r->shift & (uint32_t)r->defined;
}

static void change(struct bulk *m, int32_t at, uint32_t mask, bool on)
{
	const struct reg *r = RECORD(reg, m, at);
	uint8_t *p = m->bytes + r->at;
	const uint32_t bits = (mask & (uint32_t)r->defined) << r->shift;
	if (r->width == 4)
		put32(p, on ? get32(p) | bits : get32(p) & ~bits);
	else if (r->width)
		p[0] = (uint8_t)(on ? p[0] | bits : p[0] & ~bits);
}

/* Expressions: a length, then that many numbers, operands before their operator. */

static int64_t all_or_any(int64_t *top, int32_t n, bool all)
{
	bool out = all;
	for (int32_t k = 0; k < n; k++)
		out = all ? out && top[k] : out || top[k];
	return out;
}

static int64_t evaluate(const struct bulk *m, int32_t at)
{
	const int32_t *e = m->table + at + 1, *const end = e + m->table[at];
	int64_t stack[DEPTH], *top = stack;
	while (e < end) {
		switch ((enum bulk_op)*e++) {
		case BULK_LIT:
			*top++ = *e++;
			break;
		case BULK_CELL:
			*top++ = m->cells[*e++];
			break;
		case BULK_BIT:
			*top++ = (peek(m, e[0]) & (uint32_t)e[1]) != 0;
			e += 2;
			break;
		case BULK_NOT:
			top[-1] = !top[-1];
			break;
		case BULK_AND:
			top -= *e;
			*top = all_or_any(top, *e++, true);
			top++;
			break;
		case BULK_OR:
			top -= *e;
			*top = all_or_any(top, *e++, false);
			top++;
			break;
		case BULK_EQ:
			top--;
			top[-1] = top[-1] == top[0];
			break;
		case BULK_LESS:
			top--;
			top[-1] = top[-1] < top[0];
			break;
		case BULK_ADD:
			top--;
			top[-1] += top[0];
			break;
		case BULK_MUL:
			top--;
			top[-1] *= top[0];
			break;
		case BULK_ITE:
			top -= 2;
			top[-1] = top[-1] ? top[0] : top[1];
			break;
		default:
			return 0;
		}
	}
	return stack[0];
}

/* Linux' side of a line: linux.py */

static void deliver(struct pin *p)
{
	if (p->in_progress || p->disabled)
		p->irq_pending = 1;
	else
		p->wanted = 1;
}

static void disable(struct pin *p)
{
	p->disabled = 1;
	if (p->wanted) {
		p->wanted = 0;
		p->irq_pending = 1;
	}
}

static void chain_ends(struct pin *p, bool handled)
{
	p->in_progress = 0;
	p->ran++;
	p->nobodys += !handled;
	p->unhandled += !handled;
	p->count += p->unhandled != 0;
	if (p->count >= COUNTED) {
		p->killed = p->killed || p->unhandled > UNHANDLED;
		p->count = p->unhandled = 0;
	}
}

/* Lines: controllers.py */

static bool asserted(const struct line *x, const struct pin *p)
{
	if (x->kind == LEVEL)
		return p->driven || (p->wire && !x->resample);
	return (p->driven && x->lowers) || p->wire;
}

static void look_at_level(const struct line *x, struct pin *p)
{
	if (x->latches && !p->remote_irr && !p->disabled && asserted(x, p))
		p->latched = 1;
}

static void send(const struct line *x, struct pin *p)
{
	if (!p->masked)
		deliver(p);
	else if (x->kind == VECTOR && x->keeps)
		p->noted = 1;
}

static void drive_level(const struct line *x, struct pin *p, enum bulk_op how)
{
	if (how == BULK_LOWER) {
		p->driven = 0;
	} else if (how == BULK_RAISE || x->resample) {
		p->driven = 1;
		look_at_level(x, p);
	} else if (!p->remote_irr && !p->disabled) {
		p->latched = 1;
	}
}

static void drive(const struct line *x, struct pin *p, enum bulk_op how)
{
	if (x->kind == LEVEL) {
		drive_level(x, p, how);
		return;
	}
	if (how == BULK_LOWER) {
		p->driven = 0;
		return;
	}
	const bool up = x->kind == EDGE ? asserted(x, p) : how == BULK_RAISE && x->lowers && p->driven;
	if (how == BULK_RAISE && x->lowers)
		p->driven = 1;
	if (!up)
		send(x, p);
}

static void follow(const struct line *x, struct pin *p, bool condition)
{
	const bool up = x->kind == EDGE ? asserted(x, p) : p->wire;
	p->wire = condition;
	if (x->kind == LEVEL)
		look_at_level(x, p);
	else if (condition && !up)
		send(x, p);
}

static void mask(const struct line *x, struct pin *p, bool on)
{
	if (x->kind == EDGE)
		p->masked = on && !x->keeps;
	else if (x->kind == VECTOR)
		p->masked = on;
	if (on) {
		disable(p);
		return;
	}
	p->disabled = 0;
	if (x->kind == LEVEL)
		look_at_level(x, p);
	if (p->noted) {
		p->noted = 0;
		deliver(p);
	}
}

static bool fires(const struct line *x, const struct pin *p)
{
	if (p->in_progress || p->disabled || p->killed)
		return false;
	return x->kind == LEVEL ? p->latched || asserted(x, p) : p->wanted || p->irq_pending;
}

static void enter(const struct line *x, struct pin *p)
{
	if (x->kind == LEVEL) {
		p->latched = 0;
		p->remote_irr = 1;
	}
	p->wanted = p->irq_pending = 0;
	p->in_progress = 1;
}

static void eoi(const struct line *x, struct pin *p)
{
	if (!p->remote_irr)
		return;
	p->remote_irr = 0;
	if (x->resample)
		p->driven = p->wire;
	look_at_level(x, p);
}

/* Wires: a count, then a line and its condition each. */
static void moved(struct bulk *m, int32_t wires)
{
	const int32_t *w = m->table + wires;
	for (int32_t k = 0; wires && k < w[0]; k++) {
		const struct line *x = RECORD(line, m, w[1 + 2 * k]);
		follow(x, CELLS(pin, m, x->cells), evaluate(m, w[2 + 2 * k]) != 0);
	}
}

/* Store buffers: a count in the first cell, then the stores, the oldest first. */

static bool put(struct bulk *m, int32_t at, uint32_t address, int32_t size, uint32_t word)
{
	uint8_t *p = m->bytes + address;
	if (at) {
		const struct stores *s = RECORD(stores, m, at);
		int32_t *n = m->cells + s->cells;
		if (*n >= s->room)
			return false;
		*CELLS(store, m, s->cells + 1 + 3 * *n) = (struct store){ (int32_t)address, size,
									  (int32_t)word };
		++*n;
	} else if (size == 4) {
		put32(p, word);
	} else {
		put16(p, word);
	}
	return true;
}

static void arrive(struct bulk *m, int32_t at)
{
	const struct stores *s = RECORD(stores, m, at);
	int32_t *n = m->cells + s->cells;
	struct store *some = CELLS(store, m, s->cells + 1);
	put(m, 0, (uint32_t)some->address, some->size, (uint32_t)some->word);
	--*n;
	memmove(some, some + 1, (size_t)*n * sizeof *some);
	memset(some + *n, 0, sizeof *some);
}

/* Rings: rings.py */

enum { LENGTH = 64, WRITE = 2, AVAIL = 1 << 7, USED = 1 << 15, FAR = 0x8000 };
enum { EVENT_ENABLE, EVENT_DISABLE, EVENT_DESC };

static uint8_t *packed_at(const struct bulk *m, const struct ring *r, int32_t position)
{
	return m->bytes + r->descriptors + 16 * (position % r->size);
}

static unsigned packed_bits(const struct ring *r, int32_t position, bool used)
{
	const bool wrap = position < r->size;
	return used ? (wrap ? AVAIL | USED : 0) : wrap ? AVAIL : USED;
}

static bool packed_is(const struct bulk *m, const struct ring *r, int32_t position, bool used)
{
	const unsigned flags = get16(packed_at(m, r, position) + 14);
	return (flags & (AVAIL | USED)) == packed_bits(r, position, used);
}

static bool has_room(const struct bulk *m, const struct ring *r)
{
	if (r->packed)
		return packed_is(m, r, CELLS(packed, m, r->cells)->to_use, false);
	return get16(m->bytes + r->avail + 2) != (unsigned)CELLS(split, m, r->cells)->last_avail;
}

static bool is_pending(const struct bulk *m, const struct ring *r)
{
	if (r->packed)
		return packed_is(m, r, CELLS(packed, m, r->cells)->last_used, true);
	return get16(m->bytes + r->used + 2) != (unsigned)CELLS(split, m, r->cells)->last_used;
}

static int32_t unseen(const struct bulk *m, const struct ring *r)
{
	const struct split *s = CELLS(split, m, r->cells);
	const struct packed *p = CELLS(packed, m, r->cells);
	if (r->packed)
		return (p->used - p->last_used + 2 * r->size) % (2 * r->size);
	return (s->used_idx - s->last_used) & 0xFFFF;
}

static bool publish_packed(struct bulk *m, const struct ring *r, int32_t stores)
{
	struct packed *p = CELLS(packed, m, r->cells);
	const uint8_t *from = packed_at(m, r, p->to_use);
	uint8_t head[14];
	memcpy(head, from, sizeof head);
	put32(head + 8, 1);
	p->to_use = (p->to_use + 1) % (2 * r->size);
	uint8_t *to = packed_at(m, r, p->used);
	memcpy(to, head, sizeof head);
	const unsigned flags = WRITE | packed_bits(r, p->used, true);
	p->used = (p->used + 1) % (2 * r->size);
	return put(m, stores, (uint32_t)(to + 14 - m->bytes), 2, flags);
}

static bool publish(struct bulk *m, const struct ring *r, int32_t stores)
{
	if (!has_room(m, r))
		return true;
	if (r->packed)
		return publish_packed(m, r, stores);
	struct split *s = CELLS(split, m, r->cells);
	const unsigned at = (unsigned)(s->last_avail & (r->size - 1));
	const unsigned head = get16(m->bytes + r->avail + 4 + 2 * at);
	if (head >= (unsigned)r->size)
		return false;
	s->last_avail = (s->last_avail + 1) & 0xFFFF;
	uint8_t *element = m->bytes + r->used + 4 + 8 * (s->used_idx & (r->size - 1));
	put32(element, head);
	put32(element + 4, 1);
	s->used_idx = (s->used_idx + 1) & 0xFFFF;
	return put(m, stores, (uint32_t)r->used + 2, 2, (unsigned)s->used_idx);
}

static bool take_packed(struct bulk *m, const struct ring *r)
{
	struct packed *p = CELLS(packed, m, r->cells);
	const uint8_t *from = packed_at(m, r, p->last_used);
	uint8_t head[14];
	memcpy(head, from, sizeof head);
	if (get16(head + 12) >= (unsigned)r->size || get32(head + 8) > LENGTH)
		return false;
	p->last_used = (p->last_used + 1) % (2 * r->size);
	put32(head + 8, LENGTH);
	uint8_t *to = packed_at(m, r, p->to_post);
	memcpy(to, head, sizeof head);
	put16(to + 14, WRITE | packed_bits(r, p->to_post, false));
	p->to_post = (p->to_post + 1) % (2 * r->size);
	return true;
}

static bool take(struct bulk *m, const struct ring *r)
{
	if (r->packed)
		return take_packed(m, r);
	struct split *s = CELLS(split, m, r->cells);
	const uint8_t *element = m->bytes + r->used + 4 + 8 * (s->last_used & (r->size - 1));
	const uint32_t head = get32(element);
	if (head >= (uint32_t)r->size || get32(element + 4) > LENGTH)
		return false;
	s->last_used = (s->last_used + 1) & 0xFFFF;
	put16(m->bytes + r->avail + 4 + 2 * (s->avail_idx & (r->size - 1)), head);
	s->avail_idx = (s->avail_idx + 1) & 0xFFFF;
	put16(m->bytes + r->avail + 2, (unsigned)s->avail_idx);
	return true;
}

static bool drain(struct bulk *m, const struct ring *r, bool one)
{
	for (int32_t n = 0; is_pending(m, r) && (n == 0 || !one); n++)
		if (n > 2 * r->size || !take(m, r))
			return false;
	return true;
}

/* The driver's wish: to be told of what is used from now on, or not. */
static bool wish(struct bulk *m, const struct ring *r, bool on, int32_t stores)
{
	if (r->packed) {
		const int32_t position = CELLS(packed, m, r->cells)->last_used;
		const uint32_t wrap = position < r->size ? FAR : 0;
		const uint32_t flags = on ? EVENT_DESC : EVENT_DISABLE;
		return put(m, stores, (uint32_t)r->event, 4,
			   flags << 16 | wrap | (uint32_t)(position % r->size));
	}
	const unsigned last = (unsigned)CELLS(split, m, r->cells)->last_used;
	if (r->by_index)
		return put(m, stores, (uint32_t)r->event, 2, on ? last : (last + FAR) & 0xFFFF);
	return put(m, stores, (uint32_t)r->avail, 2, on ? 0 : 1);
}

static bool packed_wants(struct bulk *m, const struct ring *r, bool last)
{
	struct packed *p = CELLS(packed, m, r->cells);
	const uint32_t word = get32(m->bytes + r->event);
	const int32_t twice = 2 * r->size, fresh = (p->used - p->signalled + twice) % twice;
	p->signalled = p->used;
	if (word >> 16 != EVENT_DESC)
		return word >> 16 == EVENT_ENABLE;
	const int32_t position = (int32_t)(word & 0x7FFF) + (word & FAR ? 0 : r->size);
	const int32_t past = ((p->used - position) % twice + twice) % twice;
	return last ? past == 1 : 1 <= past && past <= fresh;
}

static bool wants(struct bulk *m, const struct ring *r, bool last)
{
	if (r->packed)
		return packed_wants(m, r, last);
	struct split *s = CELLS(split, m, r->cells);
	if (!r->by_index)
		return !(get16(m->bytes + r->avail) & 1);
	const unsigned event = get16(m->bytes + r->event);
	const unsigned now = (unsigned)s->used_idx, old = (unsigned)s->signalled;
	s->signalled = s->used_idx;
	if (last)
		return ((now - 1) & 0xFFFF) == event;
	return ((now - event - 1) & 0xFFFF) < ((now - old) & 0xFFFF);
}

/* Agents */

/* What waking, a look and being ready ask: `op` of record or cell `a`. */
static bool holds(struct bulk *m, enum bulk_op op, int32_t a)
{
	switch (op) {
	case BULK_ALWAYS:
		return true;
	case BULK_ROOM:
		return has_room(m, RECORD(ring, m, a));
	case BULK_PENDING:
		return is_pending(m, RECORD(ring, m, a));
	case BULK_WANTS:
	case BULK_WANTS_LAST:
		return wants(m, RECORD(ring, m, a), op == BULK_WANTS_LAST);
	case BULK_FLAG:
		return m->cells[a] != 0;
	case BULK_FREE:
		return m->cells[a] == 0;
	case BULK_FIRES:
		return fires(RECORD(line, m, a), CELLS(pin, m, RECORD(line, m, a)->cells));
	case BULK_ASSERTED:
		return asserted(RECORD(line, m, a), CELLS(pin, m, RECORD(line, m, a)->cells));
	case BULK_MASKED:
		return CELLS(pin, m, RECORD(line, m, a)->cells)->disabled != 0;
	case BULK_WAITING:
		return m->cells[RECORD(stores, m, a)->cells] != 0;
	case BULK_ARRIVED:
		return m->cells[RECORD(stores, m, a)->cells] == 0;
	case BULK_NOT_FULL:
		return m->cells[RECORD(stores, m, a)->cells] < RECORD(stores, m, a)->room;
	default:
		return false;
	}
}

/* A count, then an operator and its operand each; all of them have to hold. 0: always. */
static bool all_hold(struct bulk *m, int32_t at)
{
	const int32_t *some = m->table + at;
	for (int32_t k = 0; at && k < some[0]; k++)
		if (!holds(m, (enum bulk_op)some[1 + 2 * k], some[2 + 2 * k]))
			return false;
	return true;
}

/* A count, then a mask and a cell each. */
static uint32_t masked_by(const struct bulk *m, const int32_t *by)
{
	uint32_t out = 0;
	for (int32_t k = 0; k < by[0]; k++)
		if (m->cells[by[2 + 2 * k]])
			out |= (uint32_t)by[1 + 2 * k];
	return out;
}

static void read_into(struct bulk *m, const struct node *n)
{
	const uint32_t word = peek(m, n->a);
	const int32_t *into = m->table + n->b;
	if (n->op == BULK_TAKE)
		change(m, n->a, word, false);
	for (int32_t k = 0; k < into[0]; k++)
		m->cells[into[2 + 2 * k]] = (word & (uint32_t)into[1 + 2 * k]) != 0;
	moved(m, n->c);
}

/* A count, then a cell and what it becomes each; all of them at once. */
static bool assign(struct bulk *m, const int32_t *some)
{
	int64_t values[DEPTH];
	for (int32_t k = 0; k < some[0]; k++) {
		values[k] = evaluate(m, some[2 + 2 * k]);
		if (values[k] < INT32_MIN || values[k] > INT32_MAX)
			return false;
	}
	for (int32_t k = 0; k < some[0]; k++)
		m->cells[some[1 + 2 * k]] = (int32_t)values[k];
	return true;
}

static void on_line(struct bulk *m, const struct agent *agent, const struct node *n)
{
	const struct line *x = RECORD(line, m, n->a);
	struct pin *p = CELLS(pin, m, x->cells);
	switch ((enum bulk_op)n->op) {
	case BULK_MASK:
	case BULK_UNMASK:
		mask(x, p, n->op == BULK_MASK);
		break;
	case BULK_ENTER:
		enter(x, p);
		m->cells[agent->declined] = 0;
		break;
	case BULK_EOI:
		eoi(x, p);
		break;
	default:
		drive(x, p, (enum bulk_op)n->op);
	}
}

static bool on_ring(struct bulk *m, const struct node *n)
{
	const struct ring *r = RECORD(ring, m, n->a);
	switch ((enum bulk_op)n->op) {
	case BULK_PUBLISH:
		return publish(m, r, n->b);
	case BULK_DRAIN:
	case BULK_DRAIN_ONE:
		return drain(m, r, n->op == BULK_DRAIN_ONE);
	default:
		return wish(m, r, n->op == BULK_ENABLE, n->b);
	}
}

/* What the node does; where it goes on, or BULK_BEYOND. */
static int32_t perform(struct bulk *m, const struct agent *agent, const struct node *n)
{
	switch ((enum bulk_op)n->op) {
	case BULK_GOTO:
		return n->next;
	case BULK_TEST:
		return evaluate(m, n->a) ? n->next : n->other;
	case BULK_ASSIGN:
		return assign(m, m->table + n->a) ? n->next : BULK_BEYOND;
	case BULK_ACQUIRE:
		m->cells[n->a] = agent->number;
		return n->b ? perform(m, agent, RECORD(node, m, n->b)) : n->next;
	case BULK_UNLOCK:
		if (m->cells[n->a] == agent->number)
			m->cells[n->a] = 0;
		return n->next;
	case BULK_DECLINED:
		m->cells[agent->declined]++;
		return n->next;
	case BULK_SET:
	case BULK_CLEAR:
		change(m, n->a, (uint32_t)n->b, n->op == BULK_SET);
		moved(m, n->c);
		return n->next;
	case BULK_CLEAR_BY:
		change(m, n->a, masked_by(m, m->table + n->b), false);
		moved(m, n->c);
		return n->next;
	case BULK_READ:
	case BULK_TAKE:
		read_into(m, n);
		return n->next;
	case BULK_RAISE:
	case BULK_LOWER:
	case BULK_PULSE:
	case BULK_MASK:
	case BULK_UNMASK:
	case BULK_ENTER:
	case BULK_EOI:
		on_line(m, agent, n);
		return n->next;
	case BULK_PUBLISH:
	case BULK_DRAIN:
	case BULK_DRAIN_ONE:
	case BULK_ENABLE:
	case BULK_DISABLE:
		return on_ring(m, n) ? n->next : BULK_BEYOND;
	case BULK_SCHEDULE:
	case BULK_COMPLETE:
		m->cells[n->a] = n->op == BULK_SCHEDULE;
		return n->next;
	case BULK_CHANGE:
		m->cells[n->a] = (int32_t)((uint32_t)m->cells[n->a] + 1);
		return n->next;
	case BULK_NOTICE:
		m->cells[n->a + 1] = m->cells[n->a];
		return n->next;
	case BULK_ARRIVE:
		arrive(m, n->a);
		return n->next;
	case BULK_ASSERTED:
	case BULK_MASKED:
	case BULK_PENDING:
	case BULK_WANTS:
	case BULK_WANTS_LAST:
		return holds(m, (enum bulk_op)n->op, n->a) ? n->next : n->other;
	default:
		return BULK_BEYOND;
	}
}

static void ends(struct bulk *m, const struct agent *agent)
{
	m->cells[agent->at] = -1;
	if (agent->line) {
		const struct line *x = RECORD(line, m, agent->line);
		struct pin *p = CELLS(pin, m, x->cells);
		eoi(x, p);
		chain_ends(p, m->cells[agent->declined] < agent->chain);
	}
	const int32_t *first = m->table + agent->first;
	for (int32_t k = 0; k < first[0]; k++)
		m->cells[agent->locals + k] = first[1 + k];
}

/* From node n on, past what is no step of its own: 1, or BULK_BEYOND. `from` is where it stood. The
 * second time it comes to a loop's head it stops there. */
static int go_on(struct bulk *m, const struct agent *agent, int32_t from, int32_t n)
{
	const struct node *nodes = RECORD(node, m, agent->nodes);
	int32_t seen[MOST_SEEN];
	int count = 0;
	if (from >= 0 && nodes[from].kind == BULK_ROUND)
		seen[count++] = from;
	for (int passed = 0; n >= 0 && passed < MOST_PASSED; passed++) {
		if (nodes[n].kind == BULK_END) {
			ends(m, agent);
			return 1;
		}
		bool stands = nodes[n].kind == BULK_STAND;
		if (nodes[n].kind == BULK_ROUND)
			for (int k = 0; k < count; k++)
				stands = stands || seen[k] == n;
		if (stands) {
			m->cells[agent->at] = n;
			return 1;
		}
		if (nodes[n].kind == BULK_ROUND) {
			if (count == MOST_SEEN)
				return BULK_BEYOND;
			seen[count++] = n;
		}
		n = perform(m, agent, &nodes[n]);
	}
	return BULK_BEYOND;
}

/* 1 if the agent stepped, 0 if it cannot, or BULK_BEYOND. */
static int step(struct bulk *m, const struct agent *agent)
{
	const struct node *nodes = RECORD(node, m, agent->nodes);
	const int32_t at = m->cells[agent->at];
	if (at < 0) {
		if (!holds(m, (enum bulk_op)agent->wake, agent->wakes_by))
			return 0;
		return go_on(m, agent, -1, perform(m, agent, &nodes[-1])); /* Its entry. */
	}
	if (!all_hold(m, nodes[at].ready))
		return 0;
	return go_on(m, agent, at, perform(m, agent, &nodes[at]));
}

int64_t bulk_run(struct bulk *m, const uint8_t *schedule, size_t n)
{
	const struct head *h = RECORD(head, m, 0);
	const struct agent *agents = RECORD(agent, m, h->agents);
	int64_t taken = 0;
	for (size_t k = 0; k < n; k++) {
		const int did = step(m, &agents[schedule[k] % (unsigned)h->n_agents]);
		if (did < 0)
			return BULK_BEYOND;
		taken += did;
	}
	return taken;
}

static bool anything_left(const struct bulk *m, const struct head *h)
{
	const int32_t *rings = m->table + h->sources;
	for (int32_t k = 0; k < rings[0]; k++) {
		if (rings[1 + k] ? unseen(m, RECORD(ring, m, rings[1 + k])) > 0 :
				   m->cells[h->generation] != m->cells[h->generation + 1])
			return true;
	}
	const int32_t *lines = m->table + h->declining;
	for (int32_t k = 0; k < lines[0]; k++) {
		const struct pin *p = CELLS(pin, m, RECORD(line, m, lines[1 + k])->cells);
		if (p->ran > 0 && p->ran == p->nobodys)
			return true;
	}
	return false;
}

int bulk_settle(struct bulk *m)
{
	const struct head *h = RECORD(head, m, 0);
	const struct agent *agents = RECORD(agent, m, h->agents);
	for (int round = 0; round < ROUNDS; round++) {
		bool any = false;
		for (int32_t k = 0; k < h->n_agents; k++) {
			if (agents[k].produces && m->cells[agents[k].at] < 0)
				continue;
			const int did = step(m, &agents[k]);
			if (did < 0)
				return BULK_BEYOND;
			any = any || did;
		}
		if (!any)
			return anything_left(m, h) ? BULK_LOOK : BULK_REST;
	}
	return BULK_LOOK;
}
