/// Side-by-side benchmarks: what a speed claim rests on, with the baseline measured in the same run.
@org.jspecify.annotations.NullMarked
package dev.daa.bench;
