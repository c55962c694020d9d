/// JMH benchmarks of the kernel families, with plain Java beside them; `scripts/jmh` runs them.
@org.jspecify.annotations.NullMarked
package dev.daa.bench.kernel;
