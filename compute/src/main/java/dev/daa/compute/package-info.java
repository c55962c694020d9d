/// The op graph: tensors, ops, differentiation and the backend interface. It uses none of the other rooms; backends
/// implement [dev.daa.compute.Backend] and are found by name: `cpu` below, and `tornado` in its own module.
@org.jspecify.annotations.NullMarked
package dev.daa.compute;
