"""The machine for many schedules: the same steps in C, and whether a run certainly ends well."""
