/// The model as training finds and changes it: the starting policy and what stands beside it, adapters, optimizer and
/// the graph of a step.
@org.jspecify.annotations.NullMarked
package dev.daa.train.model;
