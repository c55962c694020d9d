/// What the processor does at once: threads ([dev.daa.compute.cpu.parallel.Workers]) and the lanes of a vector, their
/// elementary functions and sums.
@org.jspecify.annotations.NullMarked
package dev.daa.compute.cpu.parallel;
