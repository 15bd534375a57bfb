"""Compares tables of two databases with reladiff, as its own command does, in one process.

Arguments: both URLs, threads, bisection factor, bisection threshold. On stdin a line for each table: name, key columns,
other columns, with tabs between them. On stdout the number of differences.
"""

import logging
import sys

from reladiff import Algorithm, connect_to_table, diff_tables

logging.disable(logging.WARNING)
left, right, threads, factor, threshold = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
found = 0
for line in sys.stdin:
    table, key, others = line.rstrip("\n").split("\t")
    key = tuple(key.split(","))
    others = tuple(column for column in others.split(",") if column)
    sides = [
        connect_to_table(url, ("public", table), key, thread_count=threads, extra_columns=others)
        for url in (left, right)
    ]
    differences = diff_tables(
        *sides,
        key_columns=key,
        extra_columns=others,
        algorithm=Algorithm.HASHDIFF,
        bisection_factor=factor,
        bisection_threshold=threshold,
        threaded=True,
        max_threadpool_size=threads,
    )
    found += sum(1 for _ in differences)
print(found)
