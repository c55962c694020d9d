/// The CPU backend: a pool of workers, the matrix product and the vectorised kernels of every op.
@org.jspecify.annotations.NullMarked
package dev.daa.compute.cpu;
