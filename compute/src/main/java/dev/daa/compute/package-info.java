/// The op graph: tensors, ops, differentiation and the backend interface.
@org.jspecify.annotations.NullMarked
package dev.daa.compute;
