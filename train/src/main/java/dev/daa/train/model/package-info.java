/// The model as training finds and changes it: the starting policy and what stands beside it, adapters, optimizer, the
/// graph of a step and its program. The step itself is a learner's, in the room of its algorithm; the transformer is
/// the `model` module's.
@org.jspecify.annotations.NullMarked
package dev.daa.train.model;
