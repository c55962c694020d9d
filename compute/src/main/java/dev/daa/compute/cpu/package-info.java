/// The CPU backend. A program runs the kernels of its ops (`kernel`), which use the matrix product (`product`), threads
/// and vectors (`parallel`); none of these uses the one before it.
@org.jspecify.annotations.NullMarked
package dev.daa.compute.cpu;
