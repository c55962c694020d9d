/// The kernels of every op, forward and backward, and the memory of a program: [dev.daa.compute.cpu.kernel.Kernels]
/// chooses them, [dev.daa.compute.cpu.kernel.Buffers] gives them their arrays, and
/// [dev.daa.compute.cpu.kernel.KernelScratch] counts what those take. Products of matrices are in `product`, threads
/// and vectors in `parallel`.
@org.jspecify.annotations.NullMarked
package dev.daa.compute.cpu.kernel;
