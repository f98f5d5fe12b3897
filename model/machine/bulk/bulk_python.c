/* bulk_python.c: bulk.h for Python; the only file here that knows Python. bulk/__init__.py wraps it. */
#if !defined(VQ_NO_PYTHON_H) && defined(__has_include)
#if __has_include(<Python.h>)
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#define BULK_HAS_PYTHON_H
#endif
#endif
#ifndef BULK_HAS_PYTHON_H
#include "../../ring/vq_python_abi.h"
#endif

#include <string.h>

#include "bulk.h"

#define BULK_WORD(name) #name " "
static const char names[] = BULK_OPS(BULK_WORD);

/* What a call is given: a table, bytes of it that are a state, the state, a schedule. */
struct given {
	Py_buffer table, state, schedule;
	int held;
};

static int hold(struct given *g, PyObject *const *args, Py_ssize_t n)
{
	Py_buffer *const all[] = { &g->table, &g->state, &g->schedule };
	static const int flags[] = { 0, PyBUF_WRITABLE, 0 };
	if (n < 4) {
		PyErr_SetString(PyExc_TypeError, "wrong number of arguments");
		return 0;
	}
	for (g->held = 0; g->held < 3; g->held++)
		if (PyObject_GetBuffer(args[g->held], all[g->held], flags[g->held]))
			return 0;
	return 1;
}

static void release(struct given *g)
{
	Py_buffer *const all[] = { &g->table, &g->state, &g->schedule };
	while (g->held > 0)
		PyBuffer_Release(all[--g->held]);
}

/* `bytes` is how many bytes of the state are memory; its cells follow. */
static struct bulk machine(const struct given *g, unsigned long long bytes)
{
	uint8_t *const state = g->state.buf;
	return (struct bulk){ g->table.buf, state, (int32_t *)(void *)(state + bytes) };
}

/* (table, state, schedule, bytes): how many steps were taken, or BULK_BEYOND. */
static PyObject *run(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	(void)self;
	struct given g;
	PyObject *out = NULL;
	if (hold(&g, args, n)) {
		struct bulk m = machine(&g, PyLong_AsUnsignedLongLong(args[3]));
		out = PyLong_FromLong((long)bulk_run(&m, g.schedule.buf, (size_t)g.schedule.len));
	}
	release(&g);
	return out;
}

/* (table, state, schedule, bytes, first): the schedule from the first state, and how it ends. */
static PyObject *play(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	(void)self;
	struct given g;
	Py_buffer first;
	PyObject *out = NULL;
	if (hold(&g, args, n) && !PyObject_GetBuffer(args[4], &first, 0)) {
		struct bulk m = machine(&g, PyLong_AsUnsignedLongLong(args[3]));
		memcpy(g.state.buf, first.buf, (size_t)first.len);
		const int64_t taken = bulk_run(&m, g.schedule.buf, (size_t)g.schedule.len);
		out = PyLong_FromLong(taken < 0 ? BULK_BEYOND : bulk_settle(&m));
		PyBuffer_Release(&first);
	}
	release(&g);
	return out;
}

/* The names of operators, in their order. */
static PyObject *ops(PyObject *self, PyObject *none)
{
	(void)self;
	(void)none;
	return PyUnicode_FromString(names);
}

static PyMethodDef methods[] = {
	{ "run", (PyCFunction)(void (*)(void))run, METH_FASTCALL, NULL },
	{ "play", (PyCFunction)(void (*)(void))play, METH_FASTCALL, NULL },
	{ "ops", ops, METH_NOARGS, NULL },
	{ NULL, NULL, 0, NULL },
};

static PyModuleDef definition = { PyModuleDef_HEAD_INIT, "_bulk", NULL, 0, methods, NULL, NULL, NULL, NULL };

PyMODINIT_FUNC PyInit__bulk(void)
{
	return PyModuleDef_Init(&definition);
}
