/// The matrix product, [dev.daa.compute.cpu.product.Gemm]: blocks that fit the caches, operands packed as panels, tiles
/// of fused multiply-adds; and the small products of attention.
@org.jspecify.annotations.NullMarked
package dev.daa.compute.cpu.product;
